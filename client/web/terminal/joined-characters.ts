// Characters that are one picture in several cells: flags, families, keycaps. Drawn cell by cell they are cut, or fall apart.

/** What such a picture has in it: a joiner, the sign for a picture, a keycap, a colour of skin, half of a flag, a tag. */
const SUSPECT = /[\u200d\ufe0f\u20e3]|\ud83c[\udde6-\uddff\udffb-\udfff]|\udb40[\udc20-\udc7f]/;

const segmenter = "Segmenter" in Intl ? new Intl.Segmenter("en", { granularity: "grapheme" }) : undefined;

/** Where they are in a line, as half-open ranges of indexes; called for every line that is drawn. */
export function joinedRanges(text: string): [number, number][] {
  if (!SUSPECT.test(text) || segmenter === undefined) return [];
  return [...segmenter.segment(text)]
    .filter(({ segment }) => SUSPECT.test(segment) && [...segment].length > 1)
    .map(({ index, segment }) => [index, index + segment.length]);
}
