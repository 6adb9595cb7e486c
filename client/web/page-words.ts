// The daemon's sentences name the next command; the page names what to press instead, where it has something for that.

/** What a command of the daemon's sentences is on the page. Those that the page has nothing for stay: their reader has a terminal. */
const PRESSES: readonly (readonly [command: RegExp, press: string])[] = [
  [/agentd attach --take \S+/g, "the menu takes it back"],
  [/agentd attach \S+/g, "it is in the list"],
  [/agentd ls shows what there is/g, "the list shows what there is"],
  [/agentd ls shows why/g, "the list shows why"],
  [/agentd kill one of them/g, "kill one of them in the list"],
  [/agentd kill (?!--)\S+/g, "kill it in the list"],
  [/agentd new --clipboard allow …/g, "this shell does not let it"],
  [/agentd capture \S+/g, "see its screen"],
];

/** `text`, which names commands, in the words of the page. */
export function inPageWords(text: string): string {
  return PRESSES.reduce((before, [command, press]) => before.replace(command, press), text);
}
