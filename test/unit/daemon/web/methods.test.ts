import { describe, expect, it } from "vitest";
import type { Call } from "../../../../daemon/server/connection.js";
import { paramChecks } from "../../../../daemon/server/params.js";
import type { MethodTable } from "../../../../daemon/server/rpc-server.js";
import { webMethods } from "../../../../daemon/web/methods.js";
import type { WebPass } from "../../../../daemon/web/pass.js";

const reads = [
  "events.subscribe",
  "hello",
  "shell.attach",
  "shell.capture",
  "shell.info",
  "shell.list",
  "shell.unwatch",
  "shell.watch",
];
const types = [...reads, "shell.resize", "shell.send"];
const all = [
  ...types,
  "daemon.status",
  "shell.detach",
  "shell.kill",
  "shell.label",
  "shell.new",
  "shell.rename",
];

const pass = (part: Partial<WebPass>): WebPass => ({
  id: "1",
  kind: "owner",
  readOnly: false,
  createdAt: 0,
  usedAt: 0,
  isOpened: true,
  ...part,
});

describe("the methods of a page", () => {
  it.each([
    ["the owner", pass({}), all],
    ["a link", pass({ kind: "link" }), types],
    ["a read-only link", pass({ kind: "link", readOnly: true }), reads],
    // There is none, and if there were one, it would read.
    ["a read-only owner", pass({ readOnly: true }), reads],
  ])("are for %s these, and no other one of the daemon's", async (_who, held, expected) => {
    const reached: string[] = [];
    const table = Object.fromEntries(
      Object.keys(paramChecks).map((name) => {
        const method = async () => {
          reached.push(name);
          return { shells: [], shell: { name: "work", shellId: "" }, client: { prefix: "C-]" } };
        };
        return [name, method];
      }),
    ) as unknown as MethodTable<Call>;
    const methods = webMethods(table, held) as unknown as Record<
      string,
      (p: object, c: object) => Promise<unknown>
    >;
    const refused: string[] = [];
    for (const [name, method] of Object.entries(methods))
      await method({}, {}).catch(() => refused.push(name));
    expect(reached.sort()).toEqual([...expected].sort());
    expect([...reached, ...refused].sort()).toEqual(Object.keys(paramChecks).sort());
  });

  it("tell nobody but the owner what targets there are", async () => {
    const client = { prefix: "C-]", defaultTarget: "prod", targets: ["prod"] };
    const table = { hello: async () => ({ client }) } as unknown as MethodTable<Call>;
    const hello = (held: WebPass) =>
      webMethods(table, held).hello({ protocol: 1, client: "" }, {} as Call) as Promise<unknown>;
    expect(await hello(pass({}))).toEqual({ client });
    expect(await hello(pass({ kind: "link" }))).toEqual({ client: { prefix: "C-]" } });
  });
});
