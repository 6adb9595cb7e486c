// Breaks a line of ours for a terminal that is narrower than it: at spaces, as a person would.

/** Lines of at most `cols` characters, joined by line feeds; a word that is longer than that is cut. */
export function wrapLine(text: string, cols: number): string {
  const width = Math.max(1, cols);
  const lines: string[] = [];
  let rest = text;
  while (rest.length > width) {
    const space = rest.lastIndexOf(" ", width);
    const end = space > 0 ? space : width;
    lines.push(rest.slice(0, end));
    rest = rest.slice(space > 0 ? end + 1 : end);
  }
  return [...lines, rest].join("\n");
}
