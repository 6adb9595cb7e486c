// The words behind `--` as one line of shell text.

/** Words of these characters mean themselves in every shell. */
const PLAIN_WORD = /^[A-Za-z0-9_@+=:,./-]+$/;

/** One word is shell text as it is; several are a program and its arguments, and reach it exactly as they are. */
export function commandText(words: readonly string[]): string {
  return words.length === 1 ? (words[0] ?? "") : words.map(quoteWord).join(" ");
}

/** In a way that bash, zsh, fish and POSIX shells read alike: quotes and backslashes stand between double quotes. */
function quoteWord(word: string): string {
  if (PLAIN_WORD.test(word)) return word;
  const quoted = word.replace(/['\\]+/g, (run) => `'"${run.replaceAll("\\", "\\\\")}"'`);
  return `'${quoted}'`.replace(/^''(?=")|(?<=")''$/g, "");
}
