// What becomes of `agentd attach` when the window around it is closed.
import { spawn } from "@lydell/node-pty";
import { expect, it } from "vitest";
import { program, Sandbox } from "../support/sandbox.js";

it("ends with its own status when its terminal is gone: no abort, no core dump", async () => {
  const sandbox = new Sandbox();
  try {
    sandbox.run(["new", "-d", "--local", "shell", "--", "sh", "-c", "echo SHOWN; exec sleep 1000"]);
    const terminal = spawn(process.execPath, [program("agentd"), "attach", "shell"], {
      name: "xterm-256color",
      cols: 80,
      rows: 24,
      cwd: sandbox.home,
      env: sandbox.env as Record<string, string>,
    });
    const ended = new Promise<{ exitCode: number; signal?: number }>((resolve) => terminal.onExit(resolve));
    let shown = "";
    await new Promise<void>((resolve) => {
      terminal.onData((text) => {
        shown += text;
        if (shown.includes("attached shell")) resolve();
      });
    });
    // Closes the terminal; the kernel hangs up on whoever has it.
    (terminal as unknown as { destroy(): void }).destroy();
    expect(await ended).toMatchObject({ exitCode: 254, signal: 0 });
  } finally {
    sandbox.dispose();
  }
});
