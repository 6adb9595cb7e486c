// `config`, `logs` and the man page, as people use them.
import { spawnSync } from "node:child_process";
import { appendFileSync, mkdirSync, readFileSync, renameSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { commandTable } from "../../client/cli/command-table.js";
import { manPage } from "../../client/cli/man-page.js";
import { TEST_ARN } from "../support/runtime-server.js";
import { program, Sandbox } from "../support/sandbox.js";
import { Tmux } from "../support/tmux.js";

const root = join(import.meta.dirname, "..", "..");
const has = (command: string) => spawnSync("sh", ["-c", `command -v ${command}`]).status === 0;

function sandbox(): Sandbox {
  const box = new Sandbox();
  onTestFinished(() => box.dispose());
  return box;
}

describe("agentd config", () => {
  it("says where the file is, and starts no daemon for it", () => {
    const box = sandbox();
    expect(box.run(["config", "path"])).toEqual({
      status: 0,
      stdout: `${box.home}/config.toml\n`,
      stderr: "",
    });
    expect(box.json(["config", "path", "--json"])).toEqual({
      v: 1,
      path: `${box.home}/config.toml`,
      exists: false,
    });
    expect(box.run(["daemon", "status"]).status).toBe(69);
  });

  it("checks it, or another file: all mistakes with their lines, 78", () => {
    const box = sandbox();
    expect(box.run(["config", "check"]).status).toBe(0);
    writeFileSync(
      join(box.home, "x.toml"),
      `scrolback = 1\n[targets.a]\nruntime = "${TEST_ARN}"\nregoin = "x"\n`,
    );
    const { status, stdout } = box.run(["config", "check", "x.toml"]);
    expect(stdout.split("\n")).toEqual([
      `${box.home}/x.toml:1: 'scrolback' is not known here · did you mean 'scrollback'?`,
      `${box.home}/x.toml:4: 'targets.a.regoin' is not known here · did you mean 'region'?`,
      "",
    ]);
    expect(status).toBe(78);
    const json = JSON.parse(box.run(["config", "check", "x.toml", "--json"]).stdout);
    expect(json.problems[1]).toMatchObject({
      line: 4,
      key: "targets.a.regoin",
      expected: expect.stringContaining("region"),
    });
    expect(box.run(["config", "check", "none.toml"]).status).toBe(78);
    expect(box.run(["config", "chek"]).stderr).toContain("did you mean 'check'?");
  });

  it("warns of a target that cannot work, and the file counts all the same", () => {
    const box = sandbox();
    const path = join(box.home, "config.toml");
    writeFileSync(
      path,
      `scrollback = 7\n[targets.dev]\nruntime = "foo"\n[targets.far]\nruntime = "${TEST_ARN}"\nregion = "eu-west-1"\n`,
    );
    const { status, stderr, stdout } = box.run(["config", "check"]);
    expect(stdout).toBe(
      `${path}:2: warning: 'targets.dev' cannot work: bad runtime ARN 'foo' · it looks like arn:aws:bedrock-agentcore:REGION:ACCOUNT:runtime/ID\n` +
        `${path}:4: warning: 'targets.far' cannot work: the runtime is in us-west-2, but the region given is eu-west-1 · leave out \`region\`\n`,
    );
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    const json = JSON.parse(box.run(["config", "check", "--json"]).stdout);
    expect(json).toMatchObject({ problems: [], warnings: [{ line: 2, key: "targets.dev" }, { line: 4 }] });
    expect(box.run(["config", "show"]).stdout).toContain("scrollback = 7\n");
    expect(box.run(["new", "-d", "x", "--runtime", "dev"])).toMatchObject({
      status: 64,
      stderr: expect.stringContaining("bad runtime ARN 'foo'"),
    });
    expect(box.run(["new", "-d", "--local", "y"]).status).toBe(0);
  });

  it("shows what counts, as a file that says the same", () => {
    const box = sandbox();
    const path = join(box.home, "config.toml");
    writeFileSync(
      path,
      `scrollback = 7\nkeys = "agentcore"\n[targets.dev]\nruntime = "${TEST_ARN}"\nidle_stop = "90m"\n[targets."us.test"]\nruntime = "${TEST_ARN}"\n`,
    );
    const { stdout } = box.run(["config", "show"]);
    expect(stdout).toContain("scrollback = 7\n");
    expect(stdout).toContain('connection_ttl = "1h"\n');
    expect(stdout).toContain(`[targets.dev]\nruntime = "${TEST_ARN}"\nidle_stop = "90m"\n`);
    const { values } = box.json<{ values: object }>(["config", "show", "--json"]);
    writeFileSync(path, stdout);
    expect(box.run(["config", "check"])).toMatchObject({ status: 0, stdout: "" });
    expect(box.json<{ values: object }>(["config", "show", "--json"]).values).toEqual(values);
    expect(values).toMatchObject({ scrollback: 7, keys: "agentcore" });
  });

  it("is said by ls and status while it is broken, and read again when asked", () => {
    const box = sandbox();
    box.run(["new", "a", "-d"]);
    writeFileSync(join(box.home, "config.toml"), "scrolback = 1");
    const { status, stderr } = box.run(["daemon", "reload"]);
    expect(status).toBe(78);
    expect(stderr).toContain("config.toml:1: 'scrolback'");
    expect(box.run(["ls"]).stderr).toMatch(
      /^config .*, line 1: 'scrolback' .* the config from before is in use\n$/,
    );
    expect(box.run(["daemon", "status"]).stderr).toMatch(
      /config.toml:1: .*\nthe config from before is in use\n$/,
    );
    writeFileSync(join(box.home, "config.toml"), "scrollback = 1");
    expect(box.run(["daemon", "reload"])).toMatchObject({ status: 0, stderr: "" });
    expect(box.run(["ls"]).stderr).toBe("");
  });
});

describe("agentd logs", () => {
  it("shows the log for people, by shell, level and number, and as JSON", () => {
    const box = sandbox();
    box.run(["daemon", "start"]);
    const log = join(box.home, "state", "daemon.log");
    const line = (level: string, shell: string, msg: string) =>
      appendFileSync(
        log,
        `${JSON.stringify({ level, time: "2026-01-02T03:04:05.000Z", shell, msg, reason: "\u001b[31mx" })}\n`,
      );
    line("warn", "work", "link lost");
    line("info", "build", "link back");
    appendFileSync(log, "torn {\n");
    expect(box.run(["logs"]).stdout).toContain("daemon ready");
    expect(box.run(["logs", "work"]).stdout).toMatch(
      /^2026-01-02 \d\d:04:05 warn {2}work: link lost reason="\^\[\[31mx"\n$|^2026-01-0\d \d\d:\d4:05 warn {2}work: link lost .*\n$/,
    );
    expect(box.run(["logs"]).stdout).not.toContain("\u001b");
    expect(box.run(["logs", "--level", "warn"]).stdout.trim().split("\n")).toHaveLength(1);
    expect(box.run(["logs", "-n", "1"]).stdout).toBe("torn {\n");
    expect(JSON.parse(box.run(["logs", "build", "--json"]).stdout)).toMatchObject({
      level: "info",
      shell: "build",
    });
    expect(box.run(["logs", "--level", "wran"])).toMatchObject({
      status: 64,
      stderr: expect.stringContaining("did you mean 'warn'?"),
    });
  });

  it("tells the life of every shell", () => {
    const box = sandbox();
    box.run(["new", "one", "-d", "--local", "--", "sleep", "1000"]);
    box.run(["rename", "one", "two"]);
    box.run(["kill", "two"]);
    const phrases = (name: string) =>
      box
        .run(["logs", name, "--json"])
        .stdout.trim()
        .split("\n")
        .map((text) => JSON.parse(text).msg);
    expect(phrases("one")).toEqual(["live"]);
    expect(phrases("two")).toEqual(["renamed", "ended", "forgotten"]);
  });

  it.skipIf(!has("tmux"))("follows, over a rotation", async () => {
    const box = sandbox();
    mkdirSync(join(box.home, "state"), { mode: 0o700 });
    const log = join(box.home, "state", "daemon.log");
    const say = (msg: string) => appendFileSync(log, `${JSON.stringify({ level: "info", msg })}\n`);
    say("first");
    const tmux = new Tmux(box.env);
    onTestFinished(() => tmux.dispose());
    const pane = tmux.open(`${process.execPath} ${program("agentd")} logs -f`);
    await pane.waitFor("first");
    say("second");
    await pane.waitFor("second");
    say("last of the old one");
    renameSync(log, `${log}.1`);
    say("first of the new one");
    await pane.waitFor(/last of the old one[\s\S]*first of the new one/);
    truncateSync(log);
    say("anew");
    await pane.waitFor("anew");
  });

  it("sets the level of a running daemon", () => {
    const box = sandbox();
    box.run(["daemon", "start"]);
    expect(box.run(["daemon", "log-level", "debug"]).status).toBe(0);
    expect(box.run(["daemon", "log-level"]).status).toBe(64);
  });
});

describe("docs/service.md", () => {
  it("its first command puts the units of this agentd in their place", () => {
    const box = sandbox();
    const block =
      /```sh\n([\s\S]*?)```/.exec(readFileSync(join(root, "docs", "service.md"), "utf8"))?.[1] ?? "exit 1";
    expect(spawnSync("sh", ["-ec", block], { env: box.env, encoding: "utf8" })).toMatchObject({
      status: 0,
      stderr: "",
    });
    for (const unit of ["agentd.service", "agentd.socket"]) {
      const installed = readFileSync(join(box.home, ".config", "systemd", "user", unit), "utf8");
      expect(installed).toBe(readFileSync(join(root, "systemd", unit), "utf8"));
    }
  });
});

describe("the man page", () => {
  const path = join(root, "docs", "agentd.1");

  it("is what the command table says (npm run man)", () => {
    const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { version: string };
    expect(readFileSync(path, "utf8")).toBe(manPage(commandTable, version));
  });

  it.skipIf(!has("groff"))("is formatted without a warning", () => {
    const { stderr, stdout, status } = spawnSync("groff", ["-man", "-ww", "-Tutf8", "-P-cbou", path], {
      encoding: "utf8",
    });
    expect({ stderr, status }).toEqual({ stderr: "", status: 0 });
    for (const { name, usage } of commandTable)
      expect(stdout.replace(/\s+/g, " ")).toContain(`agentd ${name} ${usage}`.trim().replace(/\s+/g, " "));
  });

  it.skipIf(!has("mandoc"))("passes mandoc's checks", () => {
    expect(spawnSync("mandoc", ["-Tlint", "-Wwarning", path], { encoding: "utf8" }).stdout).toBe("");
  });
});
