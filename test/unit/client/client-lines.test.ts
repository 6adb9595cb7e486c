import { describe, expect, it } from "vitest";
import { shellTable } from "../../../client/shell-table.js";
import type { AttachedInfo, ShellInfo } from "../../../shared/rpc.js";
import { SHELL } from "../../support/fake-daemon.js";

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

  it("says what decides the size where it is not the usual", () => {
    expect(shellTable([{ ...shell("a"), sizePolicy: "smallest" }], now, { verbose: true })).toContain(
      "80x24 smallest",
    );
    expect(shellTable([{ ...shell("a"), sizePolicy: "smallest" }], now, { verbose: false })).not.toContain(
      "smallest",
    );
  });
});
