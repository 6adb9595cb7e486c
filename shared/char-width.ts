// How many columns a character takes: the widths that today's terminals agree on.

/** East Asian Width W and F of Unicode 15 (hexadecimal ranges), which includes every emoji that is shown as one by default. */
const WIDE =
  "1100-115f,231a-231b,2329-232a,23e9-23ec,23f0,23f3,25fd-25fe,2614-2615,2648-2653,267f,2693,26a1,26aa-26ab,26bd-26be," +
  "26c4-26c5,26ce,26d4,26ea,26f2-26f3,26f5,26fa,26fd,2705,270a-270b,2728,274c,274e,2753-2755,2757,2795-2797,27b0,27bf," +
  "2b1b-2b1c,2b50,2b55,2e80-3029,302e-303e,3041-3096,309b-3247,3250-4dbf,4e00-a4c6,a960-a97c,ac00-d7a3,f900-fad9," +
  "fe10-fe19,fe30-fe6b,ff01-ff60,ffe0-ffe6,16fe0-16fe3,16ff0-1b2fb,1f004,1f0cf,1f18e,1f191-1f19a,1f200-1f320," +
  "1f32d-1f335,1f337-1f37c,1f37e-1f393,1f3a0-1f3ca,1f3cf-1f3d3,1f3e0-1f3f0,1f3f4,1f3f8-1f43e,1f440,1f442-1f4fc," +
  "1f4ff-1f53d,1f54b-1f54e,1f550-1f567,1f57a,1f595-1f596,1f5a4,1f5fb-1f64f,1f680-1f6c5,1f6cc,1f6d0-1f6d2,1f6d5-1f6df," +
  "1f6eb-1f6ec,1f6f4-1f6fc,1f7e0-1f7f0,1f90c-1f93a,1f93c-1f945,1f947-1f9ff,1fa70-1faf8,20000-3fffd";

/** Marks, format characters, and the vowels and finals of conjoining Hangul; the soft hyphen is printed by terminals. */
const ZERO = /^[\p{Mn}\p{Me}\p{Cf}\u1160-\u11ff\ud7b0-\ud7ff]$/u;

const SOFT_HYPHEN = 0xad;

/** One byte per code point of the first plane: looked up for every character that is printed. */
const basicPlane = new Uint8Array(0x10000).fill(1);
const wideAbove: [number, number][] = [];
for (const range of WIDE.split(",")) {
  const [first = 0, last = first] = range.split("-").map((end) => Number.parseInt(end, 16));
  if (first > 0xffff) wideAbove.push([first, last]);
  else basicPlane.fill(2, first, last + 1);
}
for (let code = 0; code < 0x10000; code++) {
  if (code < 0x20 || (code >= 0x7f && code < 0xa0)) basicPlane[code] = 0;
  else if (code > 0x2ff && ZERO.test(String.fromCharCode(code))) basicPlane[code] = 0;
}
basicPlane[SOFT_HYPHEN] = 1;

/** 0, 1 or 2 columns. */
export function charWidth(code: number): 0 | 1 | 2 {
  if (code < 0x10000) return basicPlane[code] as 0 | 1 | 2;
  for (const [first, last] of wideAbove) if (code >= first && code <= last) return 2;
  return ZERO.test(String.fromCodePoint(code)) ? 0 : 1;
}
