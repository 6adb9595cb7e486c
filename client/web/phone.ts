// Whether this is a phone: fingers instead of a mouse, and little room.
/// <reference lib="dom" />

/** Such a window looks on until its person types. */
export function isPhone(): boolean {
  return matchMedia("(pointer: coarse)").matches && Math.min(screen.width, innerWidth) < 700;
}
