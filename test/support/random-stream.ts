// Seeded random terminal output: everything that a screen models, mixed the way no program would.

/** A small seeded generator (mulberry32): the same seed gives the same numbers everywhere. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export interface RandomStreamOptions {
  readonly seed: number;
  readonly pieces?: number;
  readonly cols?: number;
  readonly rows?: number;
}

const WORDS = ["alpha", "x", "  ", "gamma delta", "0123456789", "~", "qqqxxx", "#[]{}"];
const WIDE = ["日本語", "한국어", "中", "😀", "🚀🚀", "👩‍💻", "❤️", "→—“”", "é", "ก็"];
const MARKS = ["\u0301", "\u20e3", "\u200d", "\ufe0f"];
const FINALS = ["0", "A", "B", "0", "4", "B"];

export function randomStream({ seed, pieces = 120, cols = 80, rows = 24 }: RandomStreamOptions): Uint8Array {
  const random = seededRandom(seed);
  const int = (below: number) => Math.floor(random() * below);
  const pick = <T>(items: readonly T[]): T => items[int(items.length)]!;
  const csi = (text: string) => `\x1b[${text}`;
  const color = () =>
    pick([
      `${30 + int(8)}`,
      `${90 + int(8)}`,
      `38;5;${int(256)}`,
      `38;2;${int(256)};${int(256)};${int(256)}`,
    ]);
  const background = () =>
    pick([`${40 + int(8)}`, `${100 + int(8)}`, `48;5;${int(256)}`, `48;2;1;${int(256)};3`]);
  const makers: readonly (readonly [number, () => string])[] = [
    [14, () => pick(WORDS)],
    [6, () => pick(WIDE)],
    [2, () => pick(MARKS)],
    [5, () => pick(["\r\n", "\n", "\r", "\b", "\t", "\r\n\r\n"])],
    [2, () => pick(WORDS).repeat(1 + int(Math.ceil((cols * 2) / 8)))],
    [1, () => `${"漢".repeat(cols)}x`],
    [5, () => csi(`${color()}m`)],
    [4, () => csi(`${background()}m`)],
    [
      4,
      () =>
        csi(
          `${pick(["0", "1", "2", "3", "4", "5", "7", "8", "9", "53", "22", "24", "27", "39", "49", "21", ""])}m`,
        ),
    ],
    [2, () => csi(`${pick(["4:3", "4:2", "4:4", "4:5", "58:5:9", "58:2::9:8:7", "59", "4;58;5;200"])}m`)],
    [6, () => csi(`${1 + int(rows)};${1 + int(cols)}H`)],
    [3, () => csi(`${pick(["", "2", "5"])}${pick(["A", "B", "C", "D", "E", "F", "G", "d", "a", "I", "Z"])}`)],
    [3, () => csi(`${pick(["", "1", "2"])}${pick(["J", "K", "?J", "?K"]).replace(/\?(.)/, "$1")}`)],
    [1, () => csi(`?${pick(["0", "1", "2"])}${pick(["J", "K"])}`)],
    [4, () => csi(`${1 + int(4)}${pick(["@", "P", "X", "L", "M", "S", "T", "b"])}`)],
    [2, () => `${pick(["ab", "é", "界", "e\u0301"])}${csi(`${1 + int(6)}b`)}`],
    [2, () => pick(["\x1bM", "\x1bD", "\x1bE", "\x1b7", "\x1b8", "\x1b7", csi("s"), csi("u")])],
    [2, () => pick([csi(`${1 + int(rows - 1)};${2 + int(rows - 1)}r`), csi("r")])],
    [
      2,
      () =>
        csi(
          `?${pick(["1", "6", "7", "12", "25", "45", "66", "1000", "1002", "1003", "1004", "1006", "1016", "2004", "5", "1005", "2031"])}${pick(["h", "l"])}`,
        ),
    ],
    [1, () => csi("?7h")],
    [1, () => csi(`${pick(["4", "20"])}${pick(["h", "l", "l"])}`)],
    [2, () => pick([csi("?1049h"), csi("?1049l"), csi("?47h"), csi("?1047l"), csi("?1048h"), csi("?1048l")])],
    [2, () => pick(["\x1bH", csi("g"), csi("3g"), `\x1bH${csi("5C")}\x1bH`])],
    [2, () => `\x1b${pick(["(", ")", "*", "+"])}${pick(FINALS)}`],
    [2, () => pick(["\x0e", "\x0f", "\x1bn", "\x1bo"])],
    [2, () => `\x1b]8;${pick(["", "id=a", "id=b"])};http://example.test/${int(5)}\x1b\\${pick(WORDS)}`],
    [2, () => "\x1b]8;;\x07"],
    [1, () => csi(`${pick(["0", "1", "2"])}"q`)],
    [1, () => csi(`${int(7)} q`)],
    [1, () => `\x1b]${pick(["0", "2"])};title ${int(9)}\x07`],
    [
      1,
      () =>
        `\x1b]${pick(["4;3;rgb:1/2/3", "10;#123456", "11;red", "104;3", "110", "7;file:///tmp/a%20b", "12;blue"])}\x1b\\`,
    ],
    [1, () => csi(pick([">1u", ">5u", "<u", "=3;1u", "=1;2u", "<2u", ">4;2m", ">4m"]))],
    [
      1,
      () => pick(["\x1b#8", "\x1b=", "\x1b>", csi("!p"), "\x1bP$qm\x1b\\", "\x1b_Gi=1;AAAA\x1b\\", "\x1bc"]),
    ],
    [1, () => pick([csi("2 @"), csi("2 A"), csi("2'}"), csi("2'~")])],
  ];
  const total = makers.reduce((sum, [weight]) => sum + weight, 0);
  let text = "";
  for (let piece = 0; piece < pieces; piece++) {
    let at = int(total);
    for (const [weight, make] of makers) {
      at -= weight;
      if (at < 0) {
        text += make();
        break;
      }
    }
  }
  return new TextEncoder().encode(text);
}
