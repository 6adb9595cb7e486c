// Seeded hostile output: attacks, mutated, cut, nested and in other forms, between text and invalid bytes.
import { ATTACKS, HARMLESS } from "./attack-strings.js";

const CORPUS = [...ATTACKS.map(([input]) => input), ...HARMLESS, ...HARMLESS];
const INTRODUCERS = [
  "\x1b[",
  "\x1b]",
  "\x1bP",
  "\x1b_",
  "\x1b^",
  "\x1bX",
  "\xc2\x9b",
  "\xc2\x9d",
  "\xc2\x90",
  "\xc2\x9f",
  "\x1b",
];
const ENDS = ["\x07", "\x1b\\", "\xc2\x9c", "\x18", "\x1a", "", "\x1b", "\n"];
const BODIES = [
  "52;c;?",
  "52;c;aGk=",
  "0;t",
  "8;;file:///x",
  "8;;http://a/",
  "?2l",
  "21t",
  "5i",
  "$qm",
  "+q544e",
  "q#0",
  "10;?",
  "4;1;?",
  "9;x",
  "6n",
  "c",
  "?996n",
  "1337;File=:A",
  "?1049h",
  "?25",
  ";",
  "=",
  "99;a=report;x",
];
const MARKS = "0123456789;:?<=>!\"#$%&'*+ hlcntmqupxyzwRT|{}~";

/** At least `length` bytes. */
export function hostileStream(random: () => number, length: number): Uint8Array {
  const int = (below: number) => Math.floor(random() * below);
  const pick = <T>(items: readonly T[]): T => items[int(items.length)] as T;
  const mutate = (text: string): string => {
    const at = int(text.length + 1);
    switch (int(6)) {
      case 0:
        return text.slice(0, at);
      case 1:
        return text.slice(0, at) + String.fromCharCode(int(256)) + text.slice(at);
      case 2:
        return text.slice(0, at) + (MARKS[int(MARKS.length)] ?? "") + text.slice(at + 1);
      case 3:
        return text.slice(0, at) + text.slice(at + 1 + int(3));
      case 4:
        return text.slice(0, at) + pick(CORPUS) + text.slice(at);
      default:
        return text.slice(at) + text.slice(0, at);
    }
  };
  const c1 = (text: string) =>
    text.replace(
      /\x1b([[\]P_^X\\])/g,
      (_, letter: string) => `\xc2${String.fromCharCode(letter.charCodeAt(0) + 0x40)}`,
    );
  const make = (): string => {
    switch (int(9)) {
      case 0:
        return pick(CORPUS);
      case 1:
      case 2:
        return mutate(pick(CORPUS));
      case 3:
        return c1(pick(CORPUS));
      case 4:
        return pick(INTRODUCERS) + pick(BODIES) + pick(ENDS);
      case 5:
        return mutate(pick(INTRODUCERS) + pick(BODIES) + pick(ENDS));
      case 6: {
        let text = pick(INTRODUCERS);
        for (let n = int(8); n > 0; n--) text += MARKS[int(MARKS.length)];
        return text + pick(ENDS);
      }
      case 7: {
        let bytes = "";
        for (let n = int(12); n > 0; n--)
          bytes += String.fromCharCode(int(4) === 0 ? pick([0xc2, 0x9b, 0x9d, 0x1b, 0x05]) : int(256));
        return bytes;
      }
      default:
        return "plain text \xe6\xbc\xa2\r\n".repeat(1 + int(3));
    }
  };
  const parts: string[] = [];
  for (let made = 0; made < length; ) {
    const part = make();
    parts.push(part);
    made += part.length;
  }
  return new Uint8Array(Buffer.from(parts.join(""), "latin1"));
}
