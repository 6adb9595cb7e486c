// Every way in which an attached terminal can end, with its exit status, what is said, and what `ls --json` keeps of it: all alike.
import { spawnSync } from "node:child_process";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ShellInfo } from "../../shared/rpc.js";
import { CREDENTIAL_ENV, TEST_ARN } from "../support/runtime-server.js";
import { program, Sandbox } from "../support/sandbox.js";
import { type ScriptConnection, ScriptServer, type Step } from "../support/script-server.js";
import { type Pane, Tmux } from "../support/tmux.js";
import { until } from "../support/until.js";

const hasTmux = spawnSync("tmux", ["-V"]).status === 0;
const agentd = `${process.execPath} ${program("agentd")}`;

/** Without a count of its output, as the service. */
const quiet: Step = { accept: (connection) => connection.confirm(false) };

/** Fields with their values; `undefined`: the field must not be there. */
type Info = Readonly<Partial<Record<keyof ShellInfo, unknown>>>;

interface Ending {
  readonly what: string;
  /** What the local shell does when a line is typed; default: it waits for more. */
  readonly command?: string;
  /** Instead of a local shell: what the server of a cloud shell does, connection by connection. */
  readonly steps?: readonly Step[];
  /** What ends the attachment of `pane`; default: Enter. */
  end?(world: { readonly name: string; readonly pane: Pane; connection(): ScriptConnection }): unknown;
  readonly status: number;
  readonly says: string | RegExp;
  /** What `ls --json` shows afterwards; undefined: nothing, the shell is forgotten. */
  readonly info: Info | undefined;
}

describe.skipIf(!hasTmux)("the exit status of attach", () => {
  let sandbox: Sandbox;
  let tmux: Tmux;
  const servers: ScriptServer[] = [];

  const run = (...args: string[]) => sandbox.runAsync(args);
  const shell = async (name: string): Promise<ShellInfo | undefined> => {
    const { shells } = JSON.parse((await run("ls", "--json")).stdout) as { shells: ShellInfo[] };
    return shells.find((candidate) => candidate.name === name);
  };
  const daemonPid = async () =>
    (JSON.parse((await run("daemon", "status", "--json")).stdout) as { pid: number }).pid;
  const attach = (name: string, ...flags: string[]) =>
    tmux.open([agentd, "attach", name, ...flags].join(" "));

  beforeAll(() => {
    sandbox = new Sandbox(CREDENTIAL_ENV);
    tmux = new Tmux(sandbox.env);
  });

  afterAll(async () => {
    tmux.dispose();
    await run("daemon", "stop", "--local-shells", "-q");
    sandbox.dispose();
    for (const server of servers) await server.close();
  });

  const brokenConfig = () => join(sandbox.home, "config.toml");

  const endings: readonly Ending[] = [
    {
      what: "exit 0",
      command: "exit 0",
      status: 0,
      says: "exited · 0 · ",
      info: { state: "ended", exitCode: 0, signal: undefined },
    },
    {
      what: "exit 7",
      command: "exit 7",
      status: 7,
      says: "exited · 7 · ",
      info: { state: "ended", exitCode: 7, signal: undefined },
    },
    {
      // The status alone cannot be told from "could not attach": the line and `ls` can.
      what: "exit 255 of the shell's own",
      command: "exit 255",
      status: 255,
      says: "exited · 255 · ",
      info: { state: "ended", exitCode: 255, signal: undefined },
    },
    {
      what: "signal 9",
      command: "kill -9 $$",
      status: 137,
      says: "exited · killed by signal 9 (137)",
      info: { state: "ended", exitCode: 137, signal: 9 },
    },
    {
      what: "signal 15",
      command: "kill -15 $$",
      status: 143,
      says: "exited · killed by signal 15 (143)",
      info: { state: "ended", exitCode: 143, signal: 15 },
    },
    {
      what: "agentd kill",
      end: ({ name }) => run("kill", name),
      status: 129,
      says: "exited · killed by signal 1 (129)",
      info: undefined,
    },
    {
      what: "an end that the service does not explain",
      steps: [quiet],
      end: ({ connection }) => {
        connection().terminate({ kind: "unknown", message: "the runtime did not say" });
        connection().close(1000);
      },
      status: 254,
      says: "ended · exit status unknown · the runtime did not say",
      info: { state: "ended", exitCode: undefined, signal: undefined, reason: "the runtime did not say" },
    },
    {
      what: "a shell that cannot be had any more",
      steps: [quiet, { refuse: { status: 404 } }],
      end: ({ connection }) => connection().drop(),
      status: 254,
      says: /is gone · no runtime/,
      info: { state: "gone", exitCode: undefined, signal: undefined },
    },
    {
      what: "taken by another terminal",
      end: ({ name }) => attach(name, "--take").waitFor(`[attached ${name}`),
      status: 254,
      says: /was taken by another client · agentd attach --take /,
      info: { state: "live", exitCode: undefined },
    },
    {
      what: "detached",
      end: ({ pane }) => pane.type("C-]", "d"),
      status: 0,
      says: "detached from",
      info: { state: "live", exitCode: undefined },
    },
    {
      what: "detached from elsewhere",
      end: ({ name }) => run("detach", name),
      status: 0,
      says: "detached from",
      info: { state: "live", exitCode: undefined },
    },
    {
      what: "the daemon was stopped",
      end: () => run("daemon", "stop"),
      status: 254,
      says: "agentd was stopped · ",
      info: { state: "live", exitCode: undefined },
    },
    {
      what: "the daemon died and cannot come back",
      end: async () => {
        const pid = await daemonPid();
        writeFileSync(brokenConfig(), "keys = [\n");
        process.kill(pid, "SIGKILL");
      },
      status: 254,
      says: "your shells are kept",
      info: { state: "live", exitCode: undefined },
    },
  ];

  it.each(endings.map((ending, index) => [ending.what, ending, `end-${index}`] as const))(
    "%s",
    async (_what, { command = "read y", steps, end, status, says, info }, name) => {
      let server: ScriptServer | undefined;
      if (steps === undefined) {
        const made = await run("new", "-d", "--local", name, "--", "sh", "-c", `read x; ${command}`);
        expect(made).toEqual({ status: 0, stdout: "", stderr: "" });
      } else {
        server = await ScriptServer.listen([...steps]);
        servers.push(server);
        const made = await run("new", "-d", name, "--runtime", TEST_ARN, "--endpoint-url", server.url);
        expect(made).toEqual({ status: 0, stdout: "", stderr: "" });
      }
      const pane = attach(name);
      await pane.waitFor(`[attached ${name}`);
      if (end === undefined) pane.type("Enter");
      else await end({ name, pane, connection: () => server!.connections.at(-1)! });
      const seen = await pane.waitFor(/<status \d+>/, 30_000);
      rmSync(brokenConfig(), { force: true });
      expect(await pane.status(), seen).toBe(status);
      expect(pane.capture()).toMatch(says);

      // Asking starts the next daemon where there is none.
      const after = await until("what ls says", async () => {
        const found = await shell(name);
        return (info === undefined || found?.state === info.state) && { found };
      });
      if (info === undefined) expect(after.found).toBeUndefined();
      else {
        expect(after.found).toMatchObject(definedOf(info));
        for (const key of undefinedOf(info)) expect(after.found, key).not.toHaveProperty(key);
      }
      // Whoever comes to an ended shell learns the same, in the same words and by the same status.
      if (after.found?.state === "ended" || after.found?.state === "gone") {
        const late = attach(name);
        expect(await late.status()).toBe(status);
        expect(late.capture()).toMatch(says);
      }
    },
    60_000,
  );

  it("a shell that never was: could not attach", async () => {
    const pane = attach("never-was");
    expect(await pane.status()).toBe(255);
    expect(pane.capture()).toContain("no shell 'never-was'");
    expect(await shell("never-was")).toBeUndefined();
  });
});

const definedOf = (info: Info) =>
  Object.fromEntries(Object.entries(info).filter(([, value]) => value !== undefined));
const undefinedOf = (info: Info) =>
  Object.entries(info).flatMap(([key, value]) => (value === undefined ? [key] : []));
