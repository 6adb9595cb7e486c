// The mouse in what a terminal sends: SGR reports, all of those that came at once. blessed reads only the first of them.

export type MouseEvent =
  | { readonly kind: "press"; readonly x: number; readonly y: number }
  | { readonly kind: "wheel"; readonly x: number; readonly y: number; readonly step: -1 | 1 };

/** Of xterm: button and modifiers, column and row from 1, `M` for a press. */
const REPORT = /\u001b\[<(\d{1,3});(\d{1,5});(\d{1,5})([Mm])/g;
/** Shift, Alt and Ctrl change nothing here. */
const MODIFIERS = 4 | 8 | 16;

/** Presses of the left button and turns of the wheel; places from 0. */
export function mouseEvents(input: string): MouseEvent[] {
  return [...input.matchAll(REPORT)].flatMap(([, button, column, row, final]): MouseEvent[] => {
    if (final !== "M") return [];
    const place = { x: Number(column) - 1, y: Number(row) - 1 };
    switch (Number(button) & ~MODIFIERS) {
      case 0:
        return [{ kind: "press", ...place }];
      case 64:
        return [{ kind: "wheel", ...place, step: -1 }];
      case 65:
        return [{ kind: "wheel", ...place, step: 1 }];
      default:
        return [];
    }
  });
}

/** What came beside the reports: blessed gives up everything that is read together with one. */
export function withoutMouse(input: string): string {
  return input.replace(REPORT, "");
}
