// Cloud shells from outside: adopted by their ids, ended with their microVM, under several profiles, with their places counted.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import type { ShellInfo } from "../../../shared/rpc.js";
import { newSession } from "../../support/local-service.js";
import { CREDENTIAL_ENV, RuntimeServer, TEST_ARN, TEST_CREDENTIALS } from "../../support/runtime-server.js";
import { Sandbox } from "../../support/sandbox.js";
import { until } from "../../support/until.js";

const TOKEN = "header.payload-canary.signature";

let server: RuntimeServer;

beforeAll(async () => {
  server = await RuntimeServer.start({ credentials: [TEST_CREDENTIALS], bearerTokens: [TOKEN] });
});
afterAll(() => server.stop());

function home(env: NodeJS.ProcessEnv = CREDENTIAL_ENV): Sandbox {
  const sandbox = new Sandbox(env);
  onTestFinished(() => sandbox.dispose());
  return sandbox;
}
const at = (url = server.url) => ["--runtime", TEST_ARN, "--endpoint-url", url];
const shells = (sandbox: Sandbox) => sandbox.json<{ shells: ShellInfo[] }>(["ls", "--json"]).shells;
const shellOf = (sandbox: Sandbox, name: string) => shells(sandbox).find((shell) => shell.name === name);
const screenOf = (sandbox: Sandbox, name: string) => sandbox.run(["capture", name, "-S", "-1000"]).stdout;

/** A shell that another program has left: made by a daemon that has let go of it. */
function leftShell(ids: readonly string[]): void {
  const other = home();
  expect(other.run(["new", "-d", "left", ...at(), ...ids])).toMatchObject({ status: 0 });
  other.run(["send", "left", "export KEPT=yes; echo re''ady", "Enter"]);
  other.run(["daemon", "stop"]);
}

describe("adopt", () => {
  it("takes in the shell that was left, and says that it is the same", () => {
    const ids = ["--session-id", newSession(), "--shell-id", "left-1"];
    leftShell(ids);
    const sandbox = home();
    const adopted = sandbox.run(["adopt", "mine", ...at(), ...ids, "--json"]);
    expect(adopted).toMatchObject({ status: 0, stderr: "" });
    expect(JSON.parse(adopted.stdout)).toMatchObject({
      v: 1,
      verdict: "same",
      shell: { name: "mine", shellId: "left-1" },
    });
    // Whose microVM it is, and how old, is not known here.
    expect(shellOf(sandbox, "mine")?.lifetime).not.toHaveProperty("vmEndsAt");
  });

  it("says that the shell is gone when a new one answers: exit status 1", () => {
    const sandbox = home();
    const ids = ["--session-id", newSession(), "--shell-id", "never-was"];
    const adopted = sandbox.run(["adopt", "mine", ...at(), ...ids]);
    expect(adopted.status).toBe(1);
    expect(adopted.stderr).toContain(
      "mine: NOT the shell that was asked for, which is gone: a new one answered",
    );
    expect(shellOf(sandbox, "mine")).toMatchObject({ state: "live", verdict: "new" });
  });

  it("refuses a shell that is here already, and names it", () => {
    const sandbox = home();
    const ids = ["--session-id", newSession(), "--shell-id", "one"];
    sandbox.run(["new", "-d", "first", ...at(), ...ids]);
    const again = sandbox.run(["adopt", "second", ...at(), ...ids]);
    expect(again).toMatchObject({ status: 73 });
    expect(again.stderr).toContain("this shell is here already, as 'first' · agentd attach first");
  });

  it.each([
    [["x"], "adopt needs --runtime and --session-id and --shell-id too"],
    [["x", "--runtime", TEST_ARN, "--shell-id", "s"], "adopt needs --session-id too"],
    [[], "adopt needs a name"],
  ] as const)("says what is missing in %j", (args, words) => {
    expect(home().run(["adopt", ...args])).toMatchObject({
      status: 64,
      stderr: expect.stringContaining(words),
    });
  });
});

describe("stop-vm", () => {
  it("ends the microVM; its shells are gone, others live, and nothing connects again", async () => {
    const sandbox = home();
    const session = newSession();
    for (const name of ["a", "b"]) sandbox.run(["new", "-d", name, ...at(), "--session-id", session]);
    sandbox.run(["new", "-d", "other", ...at()]);
    sandbox.run(["exec", ...at(), "--session-id", session, "echo x > file"]);
    const stopped = sandbox.run(["stop-vm", "a", "--yes", "--json"]);
    expect(stopped).toMatchObject({ status: 0, stderr: "" });
    expect(JSON.parse(stopped.stdout)).toEqual({ v: 1, runtimeSessionId: session, shells: ["a", "b"] });
    await until("a and b are gone", () => {
      const states = shells(sandbox).map(({ name, reason, state }) => `${name} ${state} ${reason ?? ""}`);
      return states.join() === "a gone its microVM was stopped,b gone its microVM was stopped,other live ";
    });
    // The session is not there any more: a shell that had connected again would have made it.
    expect(sandbox.run(["stop-vm", ...at(), "--session-id", session, "--yes"])).toMatchObject({ status: 2 });
    expect(sandbox.run(["attach", "a"]).status).toBe(255);
  });

  it("ends a session by its ids", () => {
    const sandbox = home();
    const session = newSession();
    sandbox.run(["exec", ...at(), "--session-id", session, "true"]);
    expect(sandbox.run(["stop-vm", ...at(), "--session-id", session, "--yes"])).toMatchObject({ status: 0 });
  });

  it("asks first: without a terminal it needs --yes, and touches nothing", () => {
    const sandbox = home();
    sandbox.run(["new", "-d", "a", ...at()]);
    expect(sandbox.run(["stop-vm", "a"])).toMatchObject({
      status: 64,
      stderr: expect.stringContaining("add --yes"),
    });
    expect(shellOf(sandbox, "a")?.state).toBe("live");
    expect(sandbox.run(["stop-vm", "b", "--yes"]).status).toBe(2);
    expect(sandbox.run(["stop-vm"]).status).toBe(64);
    sandbox.run(["new", "-d", "here"]);
    expect(sandbox.run(["stop-vm", "here", "--yes"])).toMatchObject({
      status: 64,
      stderr: expect.stringContaining("agentd kill here"),
    });
  });
});

describe("a token by value", () => {
  it("is not written down, so a restart makes the shell wait for it, and adopt gives it again", async () => {
    const sandbox = home({ AWS_EC2_METADATA_DISABLED: "true" });
    const ids = ["--session-id", newSession(), "--shell-id", "t"];
    const env = { AGENTD_BEARER_TOKEN: TOKEN };
    sandbox.run(["adopt", "work", ...at(), ...ids], { env });
    expect(shellOf(sandbox, "work")?.state).toBe("live");
    sandbox.run(["daemon", "restart"]);
    const waiting = await until("the shell waits", () => {
      const shell = shellOf(sandbox, "work");
      return shell?.state === "needs-credentials" && shell;
    });
    const [, command = ""] = /· agentd (.*)$/.exec(waiting.reason ?? "") ?? [];
    expect(command).toBe("adopt work --bearer-token-file FILE");
    const file = join(sandbox.home, "token");
    writeFileSync(file, TOKEN);
    expect(sandbox.run(command.replace("FILE", file).split(" "))).toMatchObject({ status: 0 });
    await until("the shell is back", () => shellOf(sandbox, "work")?.state === "live");
    expect(sandbox.run(["adopt", "work", "--bearer-token-file", join(sandbox.home, "none")]).status).toBe(64);
    sandbox.run(["new", "-d", "here"]);
    expect(sandbox.run(["adopt", "here", "--bearer-token-file", file])).toMatchObject({ status: 64 });
  });
});

describe("profiles and regions", () => {
  it("three logins in two regions hold their shells at once, each with its own keys", async () => {
    const keys = ["one", "two", "three"].map((name) => ({
      accessKeyId: `AKID${name}`,
      secretAccessKey: `secret-${name}`,
    }));
    const regions = ["us-west-2", "eu-central-1"];
    const sandbox = home({ AWS_EC2_METADATA_DISABLED: "true" });
    const places = await Promise.all(
      regions.flatMap((region) =>
        keys.map(async (key, index) => {
          const own = await RuntimeServer.start({ credentials: [key] });
          onTestFinished(() => own.stop());
          return { name: `${["one", "two", "three"][index]}-${region}`, region, index, url: own.url };
        }),
      ),
    );
    const profile = (index: number) => ["one", "two", "three"][index];
    const arn = (region: string) => `arn:aws:bedrock-agentcore:${region}:123456789012:runtime/demo-Ab1`;
    writeFileSync(
      join(sandbox.home, "config.toml"),
      places
        .map(
          ({ name, region, index, url }) =>
            `[targets.${name}]\nruntime = "${arn(region)}"\nprofile = "${profile(index)}"\nendpoint_url = "${url}"\n`,
        )
        .join("\n"),
    );
    const credentials = join(sandbox.home, "credentials");
    sandbox.env["AWS_SHARED_CREDENTIALS_FILE"] = credentials;
    writeFileSync(
      credentials,
      keys
        .map(
          (key, index) =>
            `[${profile(index)}]\naws_access_key_id = ${key.accessKeyId}\naws_secret_access_key = ${key.secretAccessKey}\n`,
        )
        .join("\n"),
    );
    for (const { name } of places) {
      expect(await sandbox.runAsync(["new", "-d", name, "--runtime", name])).toMatchObject({
        status: 0,
        stderr: "",
      });
    }
    const listed = JSON.parse((await sandbox.runAsync(["ls", "--json"])).stdout) as { shells: ShellInfo[] };
    expect(listed.shells.map(({ name, region, state }) => ({ name, region, state }))).toEqual(
      places
        .map(({ name, region }) => ({ name, region, state: "live" }))
        .sort((a, b) => (a.name < b.name ? -1 : 1)),
    );
    // The wrong profile on the command line wins over the config file, and is refused.
    const [first] = places;
    const wrong = await sandbox.runAsync([
      "new",
      "-d",
      "x",
      "--runtime",
      first?.name ?? "",
      "--profile",
      "two",
    ]);
    expect(wrong.status).toBe(77);
    // Without any other word, the client's AWS_PROFILE counts, not the daemon's.
    const bare = ["new", "-d", "x", "--runtime", arn("us-west-2"), "--endpoint-url", first?.url ?? ""];
    expect((await sandbox.runAsync(bare, { env: { AWS_PROFILE: "two" } })).status).toBe(77);
    expect(await sandbox.runAsync(bare, { env: { AWS_PROFILE: "one" } })).toMatchObject({ status: 0 });
  }, 60_000);
});

describe("places and lifetimes", () => {
  it("the eleventh shell of a runtime is refused at once, with the names of the ten", async () => {
    const full = await RuntimeServer.start({ credentials: [TEST_CREDENTIALS], shellLimitScope: "runtime" });
    onTestFinished(() => full.stop());
    const sandbox = home();
    const names = Array.from({ length: 10 }, (_, index) => `s${index}`);
    for (const name of names)
      expect((await sandbox.runAsync(["new", "-d", name, ...at(full.url)])).status).toBe(0);
    const eleventh = await sandbox.runAsync(["new", "-d", "s10", ...at(full.url)]);
    expect(eleventh.status).toBe(75);
    expect(eleventh.stderr).toContain(`agentd holds ${names.join(", ")} · agentd kill one of them`);
    const { slots, lifetime, connectedAt, createdAt } = shellOf(sandbox, "s3") as ShellInfo;
    expect(slots).toEqual({ used: 10, limit: 10 });
    const sinceThen = (iso: string | undefined, from: string | undefined) =>
      Date.parse(iso ?? "") - Date.parse(from ?? "");
    expect(sinceThen(lifetime?.connectionEndsAt, connectedAt)).toBe(3_600_000);
    expect(Math.round(sinceThen(lifetime?.vmEndsAt, createdAt) / 60_000)).toBe(480);
    expect(lifetime).not.toHaveProperty("vmIdleEndsAt");
    expect(sandbox.run(["ls", "-v"]).stdout).toMatch(
      /connection 59m\d*s? left, renewed before · microVM ends in 7h59m at the latest · 10 of 10 shells of the runtime/,
    );
  }, 60_000);
});

describe("the start command", () => {
  it("is typed once into a new shell, and not again after a restart of the daemon", async () => {
    const sandbox = home();
    const made = sandbox.run(["new", "-d", "x", ...at(), "--", "echo", "one two", "$HOME"]);
    expect(made).toMatchObject({ status: 0, stderr: "" });
    await until("its output", () => screenOf(sandbox, "x").includes("\none two $HOME\n"));
    sandbox.run(["daemon", "restart"]);
    await until("the shell is back", () => shellOf(sandbox, "x")?.state === "live");
    sandbox.run(["send", "x", "echo la''st", "Enter"]);
    await until("what came after it", () => screenOf(sandbox, "x").includes("\nlast\n"));
    expect(screenOf(sandbox, "x").match(/^one two \$HOME$/gm)).toHaveLength(1);
  });

  it("comes from the config file, and is not typed into a shell that existed", async () => {
    const ids = ["--session-id", newSession(), "--shell-id", "left-2"];
    leftShell(ids);
    const sandbox = home();
    writeFileSync(
      join(sandbox.home, "config.toml"),
      `[targets.dev]\nruntime = "${TEST_ARN}"\nendpoint_url = "${server.url}"\ncommand = "echo st''arted"\n`,
    );
    sandbox.run(["new", "-d", "fresh", "--runtime", "dev"]);
    sandbox.run(["adopt", "old", "--runtime", "dev", ...ids]);
    await until("it is typed", () => screenOf(sandbox, "fresh").includes("\nstarted\n"));
    sandbox.run(["send", "old", "echo ba''ck-$KEPT", "Enter"]);
    await until("the old shell answers", () => screenOf(sandbox, "old").includes("\nback-yes\n"));
    expect(screenOf(sandbox, "old")).not.toContain("started");
  });
});
