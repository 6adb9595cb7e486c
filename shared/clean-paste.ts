// What a paste may hold, wherever it comes from.

/**
 * Without anything that could act as a key, drive the terminal or end a bracketed paste early (C0, DEL, C1); line breaks and tabs
 * stay.
 */
export function cleanPaste(text: string): string {
  return text.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]/g, "");
}
