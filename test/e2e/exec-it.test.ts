// `exec --it` in a real terminal: the block that the official command line prints is pasted and adopts that shell; stop-vm asks.
import { spawnSync } from "node:child_process";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { newSession } from "../support/local-service.js";
import { CREDENTIAL_ENV, RuntimeServer, TEST_ARN } from "../support/runtime-server.js";
import { program, Sandbox } from "../support/sandbox.js";
import { Tmux } from "../support/tmux.js";

const hasTmux = spawnSync("tmux", ["-V"]).status === 0;
const agentd = `${process.execPath} ${program("agentd")}`;

describe.skipIf(!hasTmux)("exec --it", () => {
  let server: RuntimeServer;
  let sandbox: Sandbox;
  let tmux: Tmux;

  beforeAll(async () => {
    server = await RuntimeServer.start();
    sandbox = new Sandbox(CREDENTIAL_ENV);
    tmux = new Tmux(sandbox.env, { cols: 100, rows: 30 });
  });
  afterAll(async () => {
    tmux.dispose();
    sandbox.dispose();
    await server.stop();
  });

  const endpoint = () => ["--runtime", TEST_ARN, "--endpoint-url", server.url];

  /** The block as the official command line prints it, with the command's name changed, and the server of the test. */
  const block = (session: string, shell: string, command = "agentd exec --it") =>
    [
      `  ${command} \\`,
      `    --runtime ${TEST_ARN} \\`,
      "    --region us-west-2 \\",
      `    --session-id ${session} \\`,
      `    --shell-id ${shell} --endpoint-url ${server.url}`,
    ].join("\n");

  /** A shell that another program has left. */
  function leftShell(session: string, shell: string): void {
    const other = new Sandbox(CREDENTIAL_ENV);
    const ids = ["--session-id", session, "--shell-id", shell];
    expect(other.run(["new", "-d", "left", ...endpoint(), ...ids])).toMatchObject({ status: 0 });
    other.run(["send", "left", "export KEPT=yes", "Enter"]);
    other.run(["daemon", "stop"]);
    other.dispose();
  }

  it("adopts the shell of a pasted block under the runtime's name, and comes back to it the second time", async () => {
    const session = newSession();
    leftShell(session, "sh-1");
    const pane = tmux.open(`agentd() { ${agentd} "$@"; }\n${block(session, "sh-1")}`);
    await pane.waitFor("[attached demo-Ab1");
    pane.type("echo kept=$KEPT", "Enter");
    await pane.waitFor("kept=yes");
    pane.type("C-]", "d");
    expect(await pane.status()).toBe(0);
    expect(pane.capture()).toContain("detached from demo-Ab1 · agentd attach demo-Ab1");

    const again = tmux.open(`agentd() { ${agentd} "$@"; }\n${block(session, "sh-1")}`);
    await again.waitFor("[attached demo-Ab1 ");
    again.type("exit 5", "Enter");
    expect(await again.status()).toBe(5);
  }, 60_000);

  it("opens a fresh shell without ids, under a name of its own, also by the newer command's words", async () => {
    sandbox.run(["new", "-d", "demo-Ab1"]);
    const pane = tmux.open(`${agentd} runtime shell --id ${TEST_ARN} --endpoint-url ${server.url}`);
    await pane.waitFor("[attached demo-Ab1-2 ");
    pane.type("exit 0", "Enter");
    expect(await pane.status()).toBe(0);
  }, 60_000);

  it("says that the shell of the block is gone, in a line that stays", async () => {
    const pane = tmux.open(`${agentd} exec --it ${block(newSession(), "dead", "").trim().slice(2)}`);
    await pane.waitFor("[attached demo");
    expect(pane.capture({ start: -100 })).toContain("new shell: the one that was asked for is gone");
    pane.type("exit 0", "Enter");
    expect(await pane.status()).toBe(0);
  }, 60_000);

  it("is 255 when it cannot attach", async () => {
    const pane = tmux.open(`${agentd} exec --it --runtime ${TEST_ARN} --endpoint-url http://127.0.0.1:9`);
    expect(await pane.status()).toBe(255);
    expect(pane.capture()).toContain("cannot reach 127.0.0.1:9");
  }, 60_000);

  it("stop-vm names the shells that it ends, and takes no for an answer", async () => {
    const session = newSession();
    for (const name of ["one", "two"])
      sandbox.run(["new", "-d", name, ...endpoint(), "--session-id", session]);
    const states = () =>
      sandbox
        .run(["ls"])
        .stdout.match(/^(?:one|two) +\w+/gm)
        ?.map((line) => line.split(/ +/)[1]);
    const no = tmux.open(`${agentd} stop-vm one`);
    await no.waitFor("it ends one, two [y/N]");
    no.type("Enter");
    expect(await no.status()).toBe(1);
    expect(states()).toEqual(["live", "live"]);
    const yes = tmux.open(`${agentd} stop-vm one`);
    await yes.waitFor("[y/N]");
    yes.type("y", "Enter");
    expect(await yes.status()).toBe(0);
    expect(states()).toEqual(["gone", "gone"]);
  }, 60_000);
});
