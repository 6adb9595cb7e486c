// `run` against hostile or unlucky moments: keys that come at the wrong time, and shells that are not what they seem.
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { RunClient } from "../support/run-client.js";
import { Sandbox } from "../support/sandbox.js";
import { until } from "../support/until.js";

const shells: Readonly<Record<string, readonly string[]>> = {
  bash: ["bash", "--norc", "--noprofile"],
  zsh: ["zsh", "-f"],
  fish: ["fish", "--no-config"],
  dash: ["dash"],
};
const kinds = Object.keys(shells).filter((kind) => spawnSync(kind, ["-c", "true"]).status === 0);

describe("run under attack", () => {
  let sandbox: Sandbox;
  let client: RunClient;
  let other: RunClient;
  let made = 0;
  const open = async (...command: readonly string[]): Promise<string> => {
    const name = `x${++made}`;
    expect(sandbox.run(["new", "-d", name, "--", ...command])).toMatchObject({ status: 0 });
    return name;
  };
  const ready = async (kind: string): Promise<string> => {
    const name = await open(...(shells[kind] ?? []));
    expect(await client.run(name, "true")).toMatchObject({ exitCode: 0 });
    // What is typed before the next prompt is drawn would stand in front of it.
    await until("the next prompt", () => /[$#%>]\s*$/.test(screen(name)));
    return name;
  };
  const screen = (name: string) => sandbox.run(["capture", name]).stdout.replace(/\n+$/, "");
  const shows = (name: string, text: RegExp) =>
    until(`${text} is shown`, () => text.test(screen(name)) && { text: screen(name) });

  beforeAll(async () => {
    sandbox = new Sandbox({ fish_greeting: "" });
    expect(sandbox.run(["daemon", "start"])).toMatchObject({ status: 0 });
    client = await RunClient.open(sandbox.socketPath);
    other = await RunClient.open(sandbox.socketPath);
  });
  afterAll(() => {
    client?.close();
    other?.close();
    sandbox?.dispose();
  });

  it("never mixes with keys that come while it looks at the prompt", async () => {
    const name = await ready("bash");
    for (let round = 0; round < 10; round++) {
      const running = client.run(name, `echo whole-${round}`);
      await other.send(name, "echo half");
      const ran = await running;
      if (ran.error === undefined) expect(ran.output.toString()).toBe(`whole-${round}\n`);
      else expect(ran.message).toContain("somebody is typing");
      await shows(name, /echo half$/);
      expect(screen(name)).not.toContain("stty -g");
      await other.send(name, "\x03");
      await until("the line is empty", async () => (await client.run(name, "true")).exitCode === 0);
    }
  });

  it.each(kinds)("leaves an unfinished command in %s to whoever types it", async (kind) => {
    const name = await ready(kind);
    await client.send(name, "for i in 1 2\r");
    // fish asks with an indent.
    const asked = kind === "fish" ? /for i in 1 2\n/ : /for i in 1 2\n\S*>/;
    await until("the rest is asked for", () => asked.test(`${screen(name)}\n`));
    expect(await client.run(name, "echo executed")).toMatchObject({
      error: "shell_busy",
      message: expect.stringContaining("an unfinished command stands there"),
    });
    await client.send(name, kind === "fish" ? "echo it-$i\rend\r" : "do echo it-$i\rdone\r");
    await shows(name, /it-1\nit-2$/m);
    expect(screen(name)).not.toContain("stty -g");
    expect(await client.run(name, "true")).toMatchObject({ exitCode: 0 });
  });

  it("takes '> ' for a prompt where it is one", async () => {
    const name = await open("dash");
    expect(await client.run(name, "PS1='> '")).toMatchObject({ exitCode: 0 });
    expect(await client.run(name, "true")).toMatchObject({ exitCode: 0 });
    await client.send(name, "echo by hand\r");
    // What is typed before the prompt is drawn stands in front of it, and its output behind.
    await shows(name, /^(?:> )?by hand$/m);
    expect(await client.run(name, "echo 1")).toMatchObject({ exitCode: 0 });
  });

  it("types nothing into a script that is the shell itself", async () => {
    const name = await open("dash", "-c", "echo sure; read answer; echo got $answer; sleep 60");
    await shows(name, /^sure$/m);
    expect(await client.run(name, "echo executed")).toMatchObject({
      error: "shell_busy",
      message: expect.stringContaining("is in front"),
    });
    expect(screen(name)).toBe("sure");
  });

  it("drops no line that was typed ahead", async () => {
    const name = await ready("bash");
    const running = client.run(name, "echo begun; sleep 0.3");
    await until("it runs", () => screen(name).includes("begun"));
    await other.send(name, "echo mine");
    expect(await running).toMatchObject({ exitCode: 0 });
    expect(await client.run(name, "echo executed")).toMatchObject({
      error: "shell_busy",
      message: expect.stringContaining("somebody is typing"),
    });
    await other.send(name, "\r");
    await shows(name, /^mine$/m);
  });

  it("executes once, and tells the end, where functions and aliases stand for what it uses", async () => {
    for (const kind of kinds.filter((kind) => kind !== "fish")) {
      const name = await ready(kind);
      const file = join(sandbox.home, `count-${name}`);
      expect(
        await client.run(name, "printf() { echo no; }; stty() { echo no; }; alias eval='echo no'"),
      ).toMatchObject({ exitCode: 0 });
      expect(await client.run(name, `echo 1 >>${file}; (exit 4)`)).toMatchObject({ exitCode: 4 });
      expect(readFileSync(file, "utf8")).toBe("1\n");
    }
  });

  it.each([
    ["bash", "readonly PROMPT_COMMAND=true"],
    ["bash", "PROMPT_COMMAND=(true); readonly PROMPT_COMMAND"],
    ["dash", "readonly PS1"],
  ])("runs in %s behind '%s', as hardened machines have it", async (kind, rule) => {
    const name = await ready(kind);
    expect(await client.run(name, rule)).toMatchObject({ exitCode: 0 });
    for (let round = 0; round < 3; round++) {
      const ran = await client.run(name, `echo ${round}; (exit ${round + 4})`);
      expect({ ...ran, output: ran.output.toString() }).toMatchObject({
        exitCode: round + 4,
        output: `${round}\n`,
      });
    }
  });

  it("gives its own names to no program, and no shell that is started speaks for it", async () => {
    for (const kind of ["bash", "dash"]) {
      const name = await ready(kind);
      await client.run(name, "set -a; PS1='$ '; PROMPT_COMMAND=true");
      const { output } = await client.run(name, "env");
      if (kind === "bash") expect(output.toString()).not.toMatch(/^__agentd_|7717/m);
      const inner = client.run(name, "dash -i");
      await shows(name, /dash -i\n(?:.*\n)*.*\$ ?$/);
      await client.send(name, "exit 5\r");
      expect(await inner).toMatchObject({ exitCode: 5 });
    }
  });

  it("is over when a shell inside of the shell ends: nobody knows how, and the CLI says 254", async () => {
    const name = await ready("bash");
    await client.send(name, "bash --norc --noprofile\r");
    await until("the inner shell", async () =>
      (await client.run(name, "echo $SHLVL")).output.equals(Buffer.from("2\n")),
    );
    const ran = await sandbox.runAsync(["run", name, "--", "echo last; exit 0"]);
    expect(ran).toMatchObject({ status: 254, stdout: expect.stringMatching(/^last\nexit\n/) });
    expect(ran.stderr).toContain(`the shell inside of '${name}' ended before it said how the command did`);
    expect((await client.run(name, "echo $SHLVL")).output.toString()).toBe("1\n");
  });
});
