// The config of a running daemon: what changes at once, and what a broken file does not change.
import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { DaemonHome } from "../../support/daemon-process.js";
import { SocketClient } from "../../support/socket-client.js";
import { until } from "../../support/until.js";

interface Status {
  readonly config: { readonly problems: readonly { readonly line: number; readonly key: string }[] };
}

async function daemonWith(text: string) {
  const home = new DaemonHome();
  const path = join(home.home, "config.toml");
  writeFileSync(path, text);
  const daemon = await home.start().ready();
  const prefix = async () => {
    const client = await SocketClient.connect(home.socket);
    const { client: config } = await client.call<{ client: { prefix: string } }>("hello", {
      protocol: 1,
      client: "test",
    });
    client.close();
    return config.prefix;
  };
  const client = await SocketClient.greeted(home.socket);
  const status = () => client.call<Status>("daemon.status", {});
  const log = () => readFileSync(join(home.state, "daemon.log"), "utf8");
  return { home, path, daemon, prefix, client, status, log };
}

describe("a config file that changes", () => {
  it("counts for whoever comes next, without a restart", async () => {
    const { path, prefix } = await daemonWith('keys.prefix = "C-a"');
    expect(await prefix()).toBe("C-a");
    writeFileSync(path, 'keys.prefix = "C-b"');
    await until("the new prefix", async () => (await prefix()) === "C-b");
    writeFileSync(`${path}.new`, 'keys.prefix = "C-g"');
    renameSync(`${path}.new`, path);
    await until("the newest prefix", async () => (await prefix()) === "C-g");
  });

  it("changes nothing when it is broken: that is said in the log, by status and by the list", async () => {
    const { path, prefix, client, status, log } = await daemonWith('keys.prefix = "C-a"');
    writeFileSync(path, 'keys.prefix = "C-b"\nscrolback = 1\n\nescapes = 5\n');
    const { config } = await until("problems", async () => {
      const now = await status();
      return now.config.problems.length > 0 && now;
    });
    expect(config.problems.map(({ line, key }) => [line, key])).toEqual([
      [2, "scrolback"],
      [4, "escapes"],
    ]);
    expect(await prefix()).toBe("C-a");
    const { configProblem } = await client.call<{ configProblem: string }>("shell.list", {});
    expect(configProblem).toBe(
      `config ${path}, line 2: 'scrolback' is not known here · did you mean 'scrollback'? · 1 more: agentd config check · the config from before is in use`,
    );
    expect(log()).toMatch(/"line":2,"key":"scrolback".*the old one is kept/);

    writeFileSync(path, 'keys.prefix = "C-b"');
    await until("the mended prefix", async () => (await prefix()) === "C-b");
    expect((await status()).config.problems).toEqual([]);
    expect(await client.call("shell.list", {})).not.toHaveProperty("configProblem");
  });

  it("is read when asked for, by a call or by SIGHUP, which ends nothing", async () => {
    const { path, client, daemon, log, prefix } = await daemonWith("scrollback = 1");
    writeFileSync(path, "scrollback = 2");
    const { config } = await client.call<Status>("daemon.reload", {});
    expect(config.problems).toEqual([]);
    expect(log()).toContain('"changed":"scrollback"');
    writeFileSync(path, 'keys.prefix = "C-e"');
    daemon.child.kill("SIGHUP");
    await until("the new prefix", async () => (await prefix()) === "C-e");
  });

  it("sets the level of the log for what exists already", async () => {
    const { client } = await daemonWith("");
    expect(await client.call("daemon.logLevel", { level: "debug" })).toEqual({ before: "info" });
    expect(await client.call("daemon.logLevel", { level: "warn" })).toEqual({ before: "debug" });
    await expect(client.call("daemon.logLevel", { level: "loud" })).rejects.toThrow("invalid_params");
  });
});
