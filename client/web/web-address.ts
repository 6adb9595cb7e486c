// Which addresses may be opened from a terminal.

/** The address when it leads to the web; undefined for every other scheme. */
export function webAddress(text: string): string | undefined {
  if (!URL.canParse(text)) return undefined;
  const url = new URL(text);
  return url.protocol === "http:" || url.protocol === "https:" ? url.href : undefined;
}
