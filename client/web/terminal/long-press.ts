// A finger that rests.
/// <reference lib="dom" />

const RESTS_MS = 500;
/** CSS pixels: a finger that moves further scrolls. */
const STILL_WITHIN = 10;

/** Calls `act` when a finger rests on `element`. Lifting it does nothing more: what `act` shows lies under that finger by then. */
export function onLongPress(element: HTMLElement, act: () => void): void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let start = { x: 0, y: 0 };
  let hasActed = false;
  const cancel = () => clearTimeout(timer);
  element.addEventListener("pointerdown", (event) => {
    cancel();
    hasActed = false;
    if (event.pointerType !== "touch") return;
    start = { x: event.clientX, y: event.clientY };
    timer = setTimeout(() => {
      hasActed = true;
      act();
    }, RESTS_MS);
  });
  element.addEventListener("pointermove", (event) => {
    if (Math.hypot(event.clientX - start.x, event.clientY - start.y) > STILL_WITHIN) cancel();
  });
  for (const name of ["pointerup", "pointercancel"]) element.addEventListener(name, cancel);
  // Else the browser makes a click of it, which presses whatever is there now.
  element.addEventListener("touchend", (event) => hasActed && event.preventDefault(), { passive: false });
}
