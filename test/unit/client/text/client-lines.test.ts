import { describe, expect, it } from "vitest";
import { shellTable } from "../../../../client/text/shell-table.js";
import type { AttachedInfo, ShellInfo } from "../../../../shared/rpc.js";
import { SHELL } from "../../../support/fake-daemon.js";

const now = Date.parse(SHELL.createdAt) + 3_600_000;
const since = new Date(now - 240_000).toISOString();
const client = (info: Partial<AttachedInfo>): AttachedInfo => ({
  id: 1,
  since,
  cols: 80,
  rows: 24,
  leads: false,
  ...info,
});
const shell = (name: string, ...attached: AttachedInfo[]): ShellInfo => ({
  ...SHELL,
  name,
  attached,
  clients: attached.length,
});

describe("ls", () => {
  it("cuts the reason of a state before the place and the word, where the terminal is narrow", () => {
    const cloud: ShellInfo = {
      ...shell("a"),
      kind: "agentcore",
      state: "reconnecting",
      reason: "no route to the host at all",
      region: "us-west-2",
      runtimeArn: "arn:aws:bedrock-agentcore:us-west-2:123456789012:runtime/demo-Ab1",
    };
    const row = (width: number) => shellTable([cloud], now, { verbose: false, width }).split("\n")[1];
    expect(row(100)).toMatch(/^a +reconnecting \(no route to the host at all\) +us-west-2\/demo-Ab1 +80x24/);
    expect(row(80)).toMatch(/^a +reconnecting \(no ro.*… +us-west-2\/demo-Ab1 +80x24/);
    expect(row(60)).toMatch(/^a +reconnec.*… +us-west-2\/d… {2}80x24/);
  });
});

describe("ls -v", () => {
  it("has a line for each client under its shell, in columns that are the same for all shells", () => {
    const table = shellTable(
      [
        shell(
          "a",
          client({ leads: true, tty: "/dev/pts/3", pid: 4242 }),
          client({ cols: 200, rows: 50, readOnly: true, behind: true, client: "my viewer" }),
        ),
        shell("b"),
        shell("c", client({ ignoreSize: true, tty: "/dev/\u001b[31mred" })),
      ],
      now,
      { verbose: true },
    ).split("\n");
    expect(table.map((line) => line.slice(0, 2))).toEqual(["NA", "a ", "  ", "  ", "b ", "c ", "  "]);
    expect([table[2], table[3], table[6]]).toEqual([
      "  pts/3      80x24   leads              4m  pid 4242",
      "  my viewer  200x50  read-only, behind  4m",
      "  ^[[31mred  80x24   ignores size       4m",
    ]);
  });

  it("keeps ids and labels whole, below the shell, where the table has no room for them", () => {
    const one = { ...shell("a", client({ tty: "/dev/pts/3" })), labels: { team: "x", stage: "dev" } };
    const wide = shellTable([one], now, { verbose: true });
    const widest = Math.max(...wide.split("\n").map((line) => line.length));
    expect(shellTable([one], now, { verbose: true, width: widest })).toBe(wide);
    const lines = shellTable([one, shell("b")], now, { verbose: true, width: widest - 1 }).split("\n");
    expect(lines.slice(2)).toEqual([
      `  runtime session ${SHELL.runtimeSessionId}`,
      `  shell id ${SHELL.shellId}`,
      "  labels team=x,stage=dev",
      "  pts/3  80x24  -  4m",
      expect.stringMatching(/^b /),
      `  runtime session ${SHELL.runtimeSessionId}`,
      `  shell id ${SHELL.shellId}`,
    ]);
    expect(lines[0]).toMatch(/^NAME .* IDLE +PID +LOST$/);
    for (const line of lines) expect(line.length, line).toBeLessThanOrEqual(80);
  });

  it("never wraps in a narrow terminal, and keeps ids whole where they fit at all", () => {
    const cloud: ShellInfo = {
      ...shell(
        "a-shell-with-a-long-name",
        client({ tty: "/dev/pts/3", pid: 4242, readOnly: true, leads: true }),
      ),
      kind: "agentcore",
      state: "reconnecting",
      reason: "no route to the host at all",
      region: "us-west-2",
      runtimeArn: "arn:aws:bedrock-agentcore:us-west-2:123456789012:runtime/demo-Ab1",
      sizePolicy: "smallest",
      cols: 200,
      rows: 100,
      bytesLost: 123_456,
      labels: { team: "x".repeat(100), stage: "dev" },
      activeAt: since,
      lifetime: { connectionEndsAt: since, vmEndsAt: since },
      slots: { used: 3, limit: 10 },
    };
    const shells = [cloud, shell("b"), shell("c".repeat(64))];
    for (const width of [100, 80, 60, 40]) {
      const lines = shellTable(shells, now, { verbose: true, width }).split("\n");
      for (const line of lines) expect(line.length, `${width}: ${line}`).toBeLessThanOrEqual(width);
      expect(lines.join("\n")).toContain(cloud.runtimeSessionId);
      expect(lines.join(" ")).toMatch(/pid 4242|4242 /);
    }
    const killed = { ...shell("killed"), state: "ended", signal: 9 } as const;
    for (const width of [60, 40])
      expect(shellTable([killed], now, { verbose: true, width })).toContain(" ended SIGKILL ");
    const narrow = shellTable(shells, now, { verbose: true, width: 40 }).split("\n");
    expect(narrow[0]).toMatch(/^NAME +STATE +WHERE$/);
    expect(narrow.slice(2, 4)).toEqual([
      "  size 200x100 smallest · clients 1 ·",
      "    age 1h · idle 4m · pid 4242 · bytes",
    ]);
  });

  it("says what decides the size where it is not the usual", () => {
    expect(shellTable([{ ...shell("a"), sizePolicy: "smallest" }], now, { verbose: true })).toContain(
      "80x24 smallest",
    );
    expect(shellTable([{ ...shell("a"), sizePolicy: "smallest" }], now, { verbose: false })).not.toContain(
      "smallest",
    );
  });
});
