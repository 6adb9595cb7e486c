// Which addresses may be opened from a terminal, and which of them only after they were shown.

/** The address when it leads to the web; undefined for every other scheme. */
export function webAddress(text: string): string | undefined {
  if (!URL.canParse(text)) return undefined;
  const url = new URL(text);
  return url.protocol === "http:" || url.protocol === "https:" ? url.href : undefined;
}

/** Whether it leads where it seems to: letters that look like others, a name before an @ and the like make it lead elsewhere. */
export function isPlainAddress(text: string): boolean {
  const address = webAddress(text);
  if (address === undefined) return false;
  const { username, password } = new URL(address);
  return username === "" && password === "" && (address === text || address === `${text}/`);
}
