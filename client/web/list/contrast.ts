// Whether letters can be told from what is behind them.

/** Under this, WCAG's bound for large letters, they cannot. */
const LEAST = 3;

/** `front`, or, where that cannot be read on `back`, whichever of `others` can best. Colours are `#rrggbb` or `rgb(r g b)`. */
export function readable(front: string, back: string, others: readonly string[]): string {
  if (contrast(front, back) >= LEAST) return front;
  return [front, ...others].reduce((best, other) =>
    contrast(other, back) > contrast(best, back) ? other : best,
  );
}

/** 1 to 21, as WCAG counts it. */
export function contrast(one: string, other: string): number {
  const [darker = 0, lighter = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (lighter + 0.05) / (darker + 0.05);
}

function luminance(color: string): number {
  const [red = 0, green = 0, blue = 0] = partsOf(color).map((part) => {
    const level = part / 255;
    return level <= 0.04045 ? level / 12.92 : ((level + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function partsOf(color: string): number[] {
  if (!color.startsWith("#")) return (color.match(/\d+/g) ?? []).map(Number);
  return [1, 3, 5].map((at) => Number.parseInt(color.slice(at, at + 2), 16));
}
