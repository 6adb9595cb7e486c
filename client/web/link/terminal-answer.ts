// Tells what xterm.js sends by itself from what a person types: only typing is kept while the link is down.

/**
 * Answers (device attributes, status, modes, strings), focus, and the pointer. F3 with a modifier looks like a cursor
 * position in the first row; the key wins.
 */
const ANSWER =
  /^(?:\u001b(?:\[[?>=][0-9;]*[cnRuyS]|\[\?[0-9;]+\$y|\[[0-9;]+\$y|\[0n|\[(?!1;(?:[2-9]|1[0-6])R)\d+;\d+R|\[>[0-9;]+m|\[\d+;[0-9;]*t|\[[IO]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)|P[^\u001b]*\u001b\\|\[<[0-9;]+[Mm]|\[M[\s\S]{3}))+$/;

/** True when nobody typed `data`. */
export function isTerminalAnswer(data: string): boolean {
  return data.length > 2 && data.length < 4096 && ANSWER.test(data);
}
