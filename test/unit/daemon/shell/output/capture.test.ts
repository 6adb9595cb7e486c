// Captures of hostile screens: an answer has a bound, and a shell whose answer would be over it goes on.
import { expect, it } from "vitest";
import { captureShell } from "../../../../../daemon/shell/output/capture.js";
import { screenCells } from "../../../../../daemon/terminal/reading/screen-cells.js";
import { screenView } from "../../../../../daemon/terminal/reading/screen-view.js";
import { ShellRig } from "../../../../support/shell-rig.js";

/** Every cell in a colour of its own: as data sixty times as long as the text. */
const ROW = `${Array.from({ length: 1000 }, (_, x) => `\u001b[38;5;${x % 256}mx`).join("")}\u001b[m\r\n`;

it("is refused when it would be over 32 MiB, in every form, and fewer lines are not", async () => {
  const rig = ShellRig.live({ cols: 1000, rows: 10, escapes: "raw" });
  for (let row = 0; row < 1000; row++) rig.upstream.output(ROW);
  await rig.drawn();
  const ask = (format: "json" | "html" | "text", start: number) =>
    captureShell(rig.shell, { name: "work", format, start });
  for (const format of ["json", "html"] as const)
    expect(
      await ask(format, -1000).then(
        () => "answered",
        (error) => error.code,
      ),
    ).toBe("too_large");
  const { screen } = await ask("json", -100);
  expect(screen?.lines).toHaveLength(110);
  expect((await ask("text", -1000)).text).toHaveLength(1000 * 1001 + 1);
}, 60_000);

it("tells while it reads how large the answer gets", async () => {
  const rig = ShellRig.live({ cols: 1000, rows: 10, escapes: "raw" });
  rig.upstream.output(ROW.repeat(5));
  rig.upstream.output(`${"日本語".repeat(100)}\r\n`);
  await rig.drawn();

  await rig.shell.output.scan(function* (state) {
    const steps = screenCells(state, {});
    let told = 0;
    for (;;) {
      const step = steps.next();
      if (step.done === true) {
        const real = Buffer.byteLength(JSON.stringify(step.value));
        expect(told / real).toBeGreaterThan(0.8);
        expect(told / real).toBeLessThan(3);
        return;
      }
      told += step.value;
      yield;
    }
  });
});

it("lets others have their turn between the lines of a preview", async () => {
  const rig = ShellRig.live({ cols: 1000, rows: 10 });
  let turns = 0;
  await rig.shell.output.scan(function* (state) {
    for (const turn of screenView(state, 7)) {
      turns++;
      yield turn;
    }
  });
  expect(turns).toBe(7);
});
