// Faults that really happen to people, injected for real, and what `agentd doctor` says of each.
import { execFileSync, spawnSync } from "node:child_process";
import {
  chmodSync,
  cpSync,
  mkdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { createServer, type RequestListener } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { type AddressInfo, createServer as createSocketServer } from "node:net";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { describe, expect, it, onTestFinished } from "vitest";
import type { Finding } from "../../shared/daemon-care.js";
import { otherVersion } from "../support/other-version.js";
import { isRunning } from "../support/processes.js";
import { CREDENTIAL_ENV, RuntimeServer, TEST_ARN, TEST_CREDENTIALS } from "../support/runtime-server.js";
import { program, Sandbox } from "../support/sandbox.js";
import { tempDirectory } from "../support/temp-directory.js";
import { until } from "../support/until.js";

interface Diagnosis {
  readonly ids: readonly string[];
  readonly findings: readonly Finding[];
  readonly status: number | null;
}

/** The login manager's word is not this machine's business here. */
function fakeLoginctl(word: string): string {
  const directory = tempDirectory();
  writeFileSync(join(directory, "loginctl"), `#!/bin/sh\necho ${word}\n`, { mode: 0o755 });
  return `${directory}:${process.env["PATH"]}`;
}

function sandbox(env: NodeJS.ProcessEnv = {}): Sandbox {
  const box = new Sandbox({ PATH: fakeLoginctl("yes"), ...env });
  onTestFinished(() => box.dispose());
  return box;
}

async function doctor(box: Sandbox, args: string[] = [], env: NodeJS.ProcessEnv = {}): Promise<Diagnosis> {
  const { status, stdout, stderr } = await box.runAsync(["doctor", "--json", ...args], { env });
  if (stdout === "") throw new Error(stderr);
  const { findings } = JSON.parse(stdout) as { findings: Finding[] };
  for (const { id, what, fix } of findings) {
    expect(what, id).toMatch(/^[^\n]{10,}$/);
    expect(fix, id).toMatch(/^[^\n]{5,}$/);
  }
  // Where systemd runs, a directory in /tmp is worth a word; these tests live there.
  const own = findings.filter(({ id }) => id !== "runtime-dir-cleaned");
  return { ids: own.map(({ id }) => id), findings: own, status };
}

const running = async (box: Sandbox) => {
  expect((await box.runAsync(["new", "a", "-d"])).status).toBe(0);
  const { pid } = box.json<{ pid: number }>(["daemon", "status", "--json"]);
  return pid;
};

function pidOfRuntime(box: Sandbox): number {
  const { stdout } = spawnSync("pgrep", ["-f", join(box.home, "run", "local.sock")], { encoding: "utf8" });
  return Number(stdout.trim().split("\n")[0]);
}

const stop = (pid: number) => {
  process.kill(pid, "SIGSTOP");
  onTestFinished(() => {
    // It may have ended in the test.
    spawnSync("kill", ["-CONT", String(pid)]);
  });
};

describe("without a fault", () => {
  it("nothing is found: with no daemon, with a daemon, with a shell", async () => {
    const box = sandbox();
    expect(await doctor(box)).toEqual({ ids: [], findings: [], status: 0 });
    await running(box);
    expect(await doctor(box)).toEqual({ ids: [], findings: [], status: 0 });
    expect(box.run(["doctor"])).toEqual({ status: 0, stdout: "nothing is wrong\n", stderr: "" });
  });

  it("starts no daemon", async () => {
    const box = sandbox();
    await doctor(box);
    expect(box.run(["daemon", "status"]).status).toBe(69);
  });

  it("nothing is found on the way to a runtime, and nothing is started there", async () => {
    const server = await RuntimeServer.start();
    onTestFinished(() => server.stop());
    const box = sandbox(CREDENTIAL_ENV);
    writeFileSync(join(box.home, "config.toml"), target("dev", server.url));
    expect(await doctor(box, ["--target", "dev"])).toEqual({ ids: [], findings: [], status: 0 });
    const { stdout } = box.run(["doctor", "--target", "dev"]);
    expect(stdout).toMatch(
      /^credentials: environment variables\n127\.0\.0\.1:\d+: answers \(4\d\d\)\nnothing is wrong\n$/,
    );
  });
});

it("says once that a target of the config file cannot work, also when a daemon runs", () => {
  const box = sandbox();
  writeFileSync(join(box.home, "config.toml"), '[targets.dev]\nruntime = "foo"\n');
  box.run(["daemon", "start"]);
  const { findings } = JSON.parse(box.run(["doctor", "--json"]).stdout) as { findings: { id: string }[] };
  expect(findings.map(({ id }) => id).filter((id) => /config|bad/.test(id))).toEqual(["bad-arn"]);
});

describe("faults of this machine", () => {
  const cases: readonly [
    id: string,
    status: number,
    inject: (box: Sandbox) => NodeJS.ProcessEnv | undefined,
  ][] = [
    ["runtime-dir-unsafe", 78, (box) => void mkdirSync(join(box.home, "run"), { mode: 0o755 })],
    ["runtime-dir-name", 78, () => ({ AGENTD_RUNTIME_DIR: "run" })],
    ["socket-path-long", 78, (box) => ({ AGENTD_RUNTIME_DIR: join(box.home, "x".repeat(100)) })],
    [
      "xdg-runtime-dir",
      1,
      (box) => {
        mkdirSync(join(box.home, "xdg"), { mode: 0o755 });
        return { AGENTD_RUNTIME_DIR: "", XDG_RUNTIME_DIR: join(box.home, "xdg") };
      },
    ],
    ["state-dir-unsafe", 78, (box) => void mkdirSync(join(box.home, "state"), { mode: 0o777 })],
    [
      "state-damaged",
      1,
      (box) => {
        mkdirSync(join(box.home, "state"), { mode: 0o700 });
        writeFileSync(join(box.home, "state", "state.json"), "{}", { mode: 0o600 });
        box.run(["daemon", "start"]);
        return undefined;
      },
    ],
    [
      "log-large",
      1,
      (box) => {
        mkdirSync(join(box.home, "state"), { mode: 0o700 });
        writeFileSync(join(box.home, "state", "runtime.log"), "", { mode: 0o600 });
        truncateSync(join(box.home, "state", "runtime.log"), 20 * 1024 * 1024);
        return undefined;
      },
    ],
    ["config-broken", 78, (box) => void writeFileSync(join(box.home, "config.toml"), "scrolback = 1")],
    [
      "config-target",
      1,
      (box) => void writeFileSync(join(box.home, "config.toml"), '[targets.dev]\nruntime = "foo"\n'),
    ],
    ["config-path", 78, () => ({ AGENTD_CONFIG: "here.toml" })],
    ["term-unknown", 1, () => ({ TERM: "nonsense" })],
    ["term-inside", 1, () => ({ TMUX: "/tmp/tmux,1,0", TERM: "xterm-256color" })],
    ["locale-not-utf8", 1, () => ({ LANG: "C" })],
    ["shell-missing", 69, () => ({ SHELL: "/nope" })],
    [
      "shell-missing",
      69,
      (box) => {
        symlinkSync("loop", join(box.home, "loop"));
        return { SHELL: join(box.home, "loop") };
      },
    ],
    [
      "shell-not-executable",
      69,
      (box) => {
        writeFileSync(join(box.home, "sh"), "", { mode: 0o644 });
        return { SHELL: join(box.home, "sh") };
      },
    ],
    [
      "unit-differs",
      1,
      (box) => {
        const units = join(box.home, ".config", "systemd", "user");
        mkdirSync(units, { recursive: true });
        writeFileSync(join(units, "agentd.service"), "[Service]\nExecStart=/old/agentd daemon run\n");
        return undefined;
      },
    ],
  ];

  it.each(cases)("%s, exit status %i", async (id, status, inject) => {
    const box = sandbox();
    const env = inject(box) ?? {};
    const found = await doctor(box, [], env);
    expect(found).toMatchObject({ ids: [id], status });
  });

  it("open-files-few", () => {
    const box = sandbox();
    const { stdout, status } = spawnSync(
      "sh",
      ["-c", `ulimit -n 64; exec "$0" "$@"`, process.execPath, program("agentd"), "doctor"],
      { env: box.env, encoding: "utf8" },
    );
    expect(stdout).toContain("may open 64 files");
    expect(status).toBe(1);
  });

  it("linger-off, when there are shells that the end of the login would end", async () => {
    const box = sandbox();
    const PATH = fakeLoginctl("no");
    expect((await doctor(box, [], { PATH })).ids).toEqual([]);
    await running(box);
    const { findings, status } = await doctor(box, [], { PATH });
    expect(findings).toMatchObject([{ id: "linger-off", fix: "loginctl enable-linger" }]);
    expect(status).toBe(1);
  });

  it("pty-broken: an installation without its terminal library", async () => {
    const box = sandbox();
    const copy = join(tempDirectory(), "dist");
    cpSync(dirname(program("agentd")), copy, { recursive: true });
    cpSync(join(dirname(program("agentd")), "..", "package.json"), join(copy, "..", "package.json"));
    const { stdout, status } = spawnSync(process.execPath, [join(copy, "agentd.cjs"), "doctor", "--json"], {
      env: box.env,
      encoding: "utf8",
    });
    expect(JSON.parse(stdout).findings).toMatchObject([{ id: "pty-broken" }]);
    expect(status).toBe(69);
  });

  const mountable = spawnSync("unshare", ["-m", "sh", "-c", "mount -t tmpfs none /mnt"]).status === 0;
  it.skipIf(!mountable)("disk-full", () => {
    const box = sandbox();
    mkdirSync(join(box.home, "state"), { mode: 0o700 });
    const script = `mount -t tmpfs -o size=64k,mode=0700 none "$AGENTD_STATE_DIR" && { dd if=/dev/zero of="$AGENTD_STATE_DIR/x" 2>/dev/null; exec "$0" "$@"; }`;
    const { stdout, status } = spawnSync(
      "unshare",
      ["-m", "sh", "-c", script, process.execPath, program("agentd"), "doctor", "--json"],
      { env: box.env, encoding: "utf8" },
    );
    expect(JSON.parse(stdout).findings).toMatchObject([{ id: "disk-full" }]);
    expect(status).toBe(75);
  });
});

describe("faults of the daemon", () => {
  it("socket-stale: it was killed", async () => {
    const box = sandbox();
    await box.runAsync(["daemon", "start"]);
    const { pid } = box.json<{ pid: number }>(["daemon", "status", "--json"]);
    process.kill(pid, "SIGKILL");
    await until("the end of the daemon", () => !isRunning(pid));
    expect(await doctor(box)).toMatchObject({ ids: ["socket-stale"], status: 1 });
  });

  it("daemon-stopped, with the command that wakes it, in a few seconds", async () => {
    const box = sandbox();
    const pid = await running(box);
    stop(pid);
    const { findings, status } = await doctor(box);
    expect(findings).toMatchObject([{ id: "daemon-stopped", fix: `kill -CONT ${pid}` }]);
    expect(status).toBe(69);
    execFileSync("sh", ["-c", findings[0]?.fix ?? "false"]);
    expect((await doctor(box)).ids).toEqual([]);
  });

  it("daemon-deaf: it runs, and its socket is gone", async () => {
    const box = sandbox();
    const pid = await running(box);
    stop(pid);
    rmSync(box.socketPath);
    expect((await doctor(box)).ids).toEqual(["daemon-deaf"]);
  });

  it("daemon-not-running is only worth a word when shells wait", async () => {
    const box = sandbox();
    await running(box);
    box.run(["daemon", "stop"]);
    const { findings, status } = await doctor(box);
    expect(findings).toMatchObject([{ id: "daemon-not-running", severity: "info" }]);
    expect(status).toBe(0);
  });

  it("daemon-version and daemon-build: another agentd holds the shells", async () => {
    for (const [protocol, version, id] of [
      [2, "9.9.9", "daemon-version"],
      [1, "9.9.9", "daemon-version"],
      [1, "0.1.0", "daemon-build"],
    ] as const) {
      const box = sandbox();
      const other = otherVersion(protocol, version);
      expect(spawnSync(process.execPath, [other, "daemon", "start"], { env: box.env }).status).toBe(0);
      expect(await doctor(box)).toMatchObject({ ids: [id], status: 1 });
    }
  });

  it("what it complains of itself: unsaved state, stalls, no inotify watch", async () => {
    const box = sandbox();
    mkdirSync(join(box.home, "run"), { mode: 0o700 });
    const status = {
      v: 1,
      pid: process.pid,
      version: "0.1.0",
      stalls: 50,
      config: { path: "/c", loadedAt: "", problems: [], watchFailure: "ENOSPC" },
      stateUnsavedSince: new Date().toISOString(),
      stateUnsavedReason: "the disk is full",
    };
    // Written by hand: a daemon in such a state takes a machine in such a state.
    const server = createSocketServer((socket) => {
      createInterface({ input: socket }).on("line", (line) => {
        const { id, method } = JSON.parse(line) as { id: number; method: string };
        const result =
          method === "hello" ? { protocol: 1, version: "0.1.0", pid: 1, client: { prefix: "C-]" } } : status;
        const error = { code: -32601, message: "unknown method", data: { code: "method_not_found" } };
        const body = method === "daemon.check" ? { error } : { result };
        socket.write(`${JSON.stringify({ jsonrpc: "2.0", id, ...body })}\n`);
      });
      socket.on("error", () => {});
    });
    await new Promise<void>((resolve) => server.listen(box.socketPath, resolve));
    const { ids, findings, status: exit } = await doctor(box);
    expect(ids).toEqual(["state-unsaved", "daemon-stalls", "config-unwatched"]);
    expect(findings[2]?.fix).toContain("fs.inotify.max_user_watches");
    expect(exit).toBe(75);
    server.close();
    rmSync(box.socketPath, { force: true });
  });

  it("runtime-stopped and runtime-died", async () => {
    const box = sandbox();
    const daemon = await running(box);
    const runtime = pidOfRuntime(box);
    stop(runtime);
    const { findings } = await doctor(box);
    expect(findings).toMatchObject([{ id: "runtime-stopped", fix: `kill -CONT ${runtime}` }]);
    process.kill(daemon, "SIGSTOP");
    process.kill(runtime, "SIGKILL");
    await until(
      "the end of the runtime",
      () =>
        !readFileSync("/proc/net/unix", "utf8").includes(`${box.home}/run/local.sock`) || !isRunning(runtime),
    );
    expect((await doctor(box)).ids).toEqual(["daemon-stopped", "runtime-died"]);
    process.kill(daemon, "SIGCONT");
  });
});

/** A server that answers every upgrade like this; its port is free when it is closed. */
async function serve(onRequest: RequestListener, tls?: { key: string; cert: string }): Promise<string> {
  const server = tls === undefined ? createServer(onRequest) : createTlsServer(tls, onRequest);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  return `${tls === undefined ? "http" : "https"}://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const refusing = (status: number, type: string, message: string) =>
  serve((_, response) => {
    response.writeHead(status, { "x-amzn-errortype": type }).end(JSON.stringify({ message }));
  });

function target(name: string, url: string, runtime = TEST_ARN): string {
  return `[targets.${name}]\nruntime = "${runtime}"\nendpoint_url = "${url}"\n`;
}

describe("faults on the way to AgentCore", () => {
  async function check(text: string, env: NodeJS.ProcessEnv = CREDENTIAL_ENV): Promise<Diagnosis> {
    const box = sandbox(env);
    writeFileSync(join(box.home, "config.toml"), text);
    return doctor(box, ["--target", "t"]);
  }

  it.each([
    ["access-denied", 77, 403, "AccessDeniedException", "not authorized"],
    ["runtime-not-found", 2, 404, "ResourceNotFoundException", "no such runtime"],
    ["quota", 75, 424, "ServiceQuotaExceededException", "ten shells are open"],
    ["throttled", 75, 429, "ThrottlingException", "rate exceeded"],
    ["credentials-refused", 77, 403, "ExpiredTokenException", "the token has expired"],
    ["runtime-unhealthy", 69, 502, "", "bad gateway"],
  ])("%s, exit status %i", async (id, exit, status, type, message) => {
    const { findings, status: exited } = await check(target("t", await refusing(status, type, message)));
    expect(findings).toMatchObject([{ id }]);
    expect(exited).toBe(exit);
    if (id === "access-denied")
      expect(findings[0]?.fix).toMatch(/bedrock-agentcore:InvokeAgentRuntimeCommandShell .*2026-06-05/);
  });

  it("answered-by-stranger: a login page", async () => {
    const url = await serve((_, response) =>
      response.writeHead(302, { location: "https://login.example" }).end(),
    );
    expect((await check(target("t", url))).ids).toEqual(["answered-by-stranger"]);
  });

  it("clock-skew: the answer is of another time", async () => {
    const url = await serve((_, response) => {
      const date = new Date(Date.now() + 11 * 60_000).toUTCString();
      response.writeHead(403, { date }).end(JSON.stringify({ message: "Signature expired" }));
    });
    const { findings, status } = await check(target("t", url));
    expect(findings).toMatchObject([{ id: "clock-skew", severity: "error" }]);
    expect(findings[0]?.what).toMatch(/clock is 1[01](\.\d)? min slow/);
    expect(status).toBe(77);
  });

  it("wrong credentials, as the local runtime refuses them", async () => {
    const server = await RuntimeServer.start({
      credentials: [{ ...TEST_CREDENTIALS, secretAccessKey: "another" }],
    });
    onTestFinished(() => server.stop());
    const { findings } = await check(target("t", server.url));
    // No permission helps a key whose secret is another.
    expect(findings).toMatchObject([
      { id: "credentials-refused", fix: expect.stringContaining("aws sso login") },
    ]);
  });

  it("endpoint-unreachable: nothing listens; and a proxy that is set does not help", async () => {
    const url = await serve(() => {});
    const port = Number(new URL(url).port);
    const closed = target("t", `http://127.0.0.1:${port === 1 ? 2 : 1}`);
    expect((await check(closed)).ids).toEqual(["endpoint-unreachable"]);
    const env = { ...CREDENTIAL_ENV, HTTPS_PROXY: "http://proxy.example:3128" };
    expect((await check(closed, env)).ids).toEqual(["endpoint-unreachable", "proxy-ignored"]);
  });

  it("a host that does not exist, or no name server", async () => {
    const { ids, status } = await check(target("t", "https://nowhere.invalid"));
    expect(["endpoint-unknown", "dns-unavailable"]).toContain(ids[0]);
    expect(status).toBe(69);
  });

  const openssl = spawnSync("openssl", ["version"]).status === 0;
  it.skipIf(!openssl)("certificate-untrusted: somebody reads along", async () => {
    const directory = tempDirectory();
    const [key, cert] = [join(directory, "key"), join(directory, "cert")];
    const subject = ["-subj", "/CN=proxy", "-addext", "subjectAltName=IP:127.0.0.1", "-days", "2"];
    execFileSync(
      "openssl",
      ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", cert, ...subject],
      {
        stdio: "ignore",
      },
    );
    const url = await serve(() => {}, { key: readFileSync(key, "utf8"), cert: readFileSync(cert, "utf8") });
    expect((await check(target("t", url))).ids).toEqual(["certificate-untrusted"]);
  });

  it("no-credentials, with the command that logs in", async () => {
    const text = `${target("t", "http://127.0.0.1:1")}profile = "work"\n`;
    const { findings, status } = await check(text, { AWS_EC2_METADATA_DISABLED: "true" });
    // What can be known without them is looked at all the same.
    expect(findings).toMatchObject([
      { id: "no-credentials", fix: "aws sso login --profile work" },
      { id: "endpoint-unreachable" },
    ]);
    expect(status).toBe(77);
  });

  it("bad-arn and harness-arn", async () => {
    expect((await check(target("t", "http://127.0.0.1:1", "arn:aws:s3:::x"))).ids).toEqual(["bad-arn"]);
    const harness = TEST_ARN.replace(":runtime/", ":harness/");
    expect((await check(target("t", "http://127.0.0.1:1", harness))).ids).toEqual(["harness-arn"]);
  });

  it("bearer-token-open and bearer-token, for a shell by its name", async () => {
    const server = await RuntimeServer.start({ bearerTokens: ["abc"] });
    onTestFinished(() => server.stop());
    const box = sandbox();
    const file = join(box.home, "token");
    writeFileSync(file, "abc", { mode: 0o600 });
    const flags = ["--runtime", TEST_ARN, "--endpoint-url", server.url, "--bearer-token-file", file];
    expect(await box.runAsync(["new", "x", "-d", ...flags])).toMatchObject({ status: 0 });
    expect((await doctor(box, ["x"])).ids).toEqual([]);
    chmodSync(file, 0o644);
    expect((await doctor(box, ["x"])).findings).toMatchObject([
      { id: "bearer-token-open", fix: `chmod 600 ${file}` },
    ]);
    rmSync(file);
    symlinkSync("/nowhere", file);
    expect((await doctor(box, ["x"])).ids).toEqual(["bearer-token"]);
    expect(await box.runAsync(["doctor", "y"])).toMatchObject({ status: 2 });
    rmSync(file);
    writeFileSync(file, "abc", { mode: 0o600 });
    await box.runAsync(["kill", "x", "--force"]);
  });
});

describe("docs/doctor.md", () => {
  it("has a row for every finding, and none without one", () => {
    const root = join(import.meta.dirname, "..", "..");
    const rows = [...readFileSync(join(root, "docs/doctor.md"), "utf8").matchAll(/^\| (`.*?) \|/gm)];
    const documented = rows.flatMap(([, cell = ""]) =>
      [...cell.matchAll(/`([a-z0-9-]+)`/g)].map(([, id]) => id),
    );
    const sources = [
      "daemon/cloud-check.ts",
      "daemon/cloud-findings.ts",
      ...["daemon", "directories", "system", "terminal"].map((name) => `client/doctor/examine-${name}.ts`),
      "client/doctor/examination.ts",
    ];
    const code = sources.map((path) => readFileSync(join(root, path), "utf8")).join("\n");
    const known = [...code.matchAll(/"([a-z]+(?:-[a-z0-9]+)+|quota|throttled)"/g)].map(([, id]) => id);
    expect(documented.filter((id) => !known.includes(id))).toEqual([]);
    const made = [
      ...code.matchAll(/(?:info|warning|fault|faultOf)\(\s*["]([a-z0-9-]+)"|\bid: "([a-z0-9-]+)"/g),
    ].map(([, a, b]) => a ?? b);
    expect(made.length).toBeGreaterThan(25);
    expect(made.filter((id) => !documented.includes(id))).toEqual([]);
  });
});
