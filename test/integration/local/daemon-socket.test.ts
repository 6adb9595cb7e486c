// The local runtime as the daemon uses it: its own program on a private socket, exact offsets, and an end of its own.
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { newSession, ShellClient } from "../../support/local-service.js";
import { program } from "../../support/sandbox.js";
import { UnixRuntime } from "../../support/unix-runtime.js";
import { until } from "../../support/until.js";

describe("the daemon's local runtime", () => {
  let runtime: UnixRuntime;
  afterEach(() => runtime.dispose());

  const shells = async () =>
    (await runtime.call("GET", "/agentd/shells")).body["shells"] as {
      shellId: string;
      pid: number;
      epoch: string;
      offset: number;
      exit?: unknown;
    }[];

  it("has a socket of mode 0600 and leaves no other name beside it", async () => {
    runtime = await UnixRuntime.start();
    expect(lstatSync(runtime.socketPath).mode & 0o777).toBe(0o600);
    expect(readdirSync(runtime.directory)).toEqual(["rt.sock"]);
  });

  it("starts a login shell with exactly the given environment, directory and size", async () => {
    runtime = await UnixRuntime.start();
    const session = newSession();
    const created = await runtime.create({ runtimeSessionId: session, shellId: "a", cols: 100, rows: 30 });
    expect(created).toMatchObject({
      status: 201,
      body: { pid: expect.any(Number), epoch: expect.stringMatching(/^[0-9a-f-]{36}$/) },
    });
    const client = await runtime.open(session, "a", { "x-agentd-have": "*:0" });
    expect(client.header("x-agentd-pid")).toBe(String(created.body["pid"]));
    expect(client.header("x-agentd-epoch")).toBe(created.body["epoch"]);
    const output = await client.run("env | sort; pwd; stty size; shopt login_shell; umask; tty");
    expect(output).not.toContain("AGENTD_OWN_SECRET");
    expect(output).toContain("AGENTD_SHELL=work\r\n");
    expect(output).toContain("TERM=xterm-256color\r\n");
    expect(output).toContain(`\r\n${runtime.directory}\r\n30 100\r\n`);
    expect(output).toMatch(/login_shell\s+on\r\n0022\r\n\/dev\/pts\//);
  });

  it("answers 409 for an id in use and 422 with the reason for what cannot start, and keeps nothing of it", async () => {
    runtime = await UnixRuntime.start();
    const session = newSession();
    const ids = { runtimeSessionId: session, shellId: "a" };
    expect((await runtime.create(ids)).status).toBe(201);
    expect(await runtime.create(ids)).toMatchObject({ status: 409 });
    expect(await runtime.create({ runtimeSessionId: newSession(), shellId: "b", cwd: "/nowhere" })).toEqual({
      status: 422,
      body: {
        error: "spawn_failed",
        message: "cannot start in '/nowhere' · no such file or directory (ENOENT)",
      },
    });
    expect(
      await runtime.create({ runtimeSessionId: newSession(), shellId: "b", command: ["nope"] }),
    ).toMatchObject({ status: 422 });
    expect(await runtime.create({ runtimeSessionId: newSession(), shellId: "b", cols: 0 })).toMatchObject({
      status: 400,
    });
    expect(
      await runtime.create({ runtimeSessionId: newSession(), shellId: "b", env: { "A=B": "" } }),
    ).toMatchObject({ status: 400 });
    expect((await shells()).map(({ shellId }) => shellId)).toEqual(["a"]);
  });

  it("resumes at exactly the byte that the client has, and says from where when it is gone", async () => {
    runtime = await UnixRuntime.start();
    const session = newSession();
    const command = ["bash", "-c", "stty -echo; read x; seq 100000; read x; seq 400000; sleep 1000"];
    const { body } = await runtime.create({ runtimeSessionId: session, shellId: "a", command });
    const first = await runtime.open(session, "a", { "x-agentd-have": `${body["epoch"]}:0` });
    first.type("\n");
    await first.sees("\r\n100000\r\n");
    const have = first.text.length;
    first.socket.terminate();
    const second = await runtime.open(session, "a", { "x-agentd-have": `${body["epoch"]}:${have - 10}` });
    expect(second.header("x-agentd-offset")).toBe(String(have - 10));
    expect(await second.sees("100000\r\n")).toBe("\r\n100000\r\n".slice(-10));
    second.type("\n");
    await second.sees("\r\n400000\r\n");
    const end = have + second.text.length - 10;
    second.socket.terminate();
    const third = await runtime.open(session, "a", { "x-agentd-have": `${body["epoch"]}:0` });
    expect(third.header("x-agentd-offset")).toBe(String(end - 1024 * 1024));
    expect(await third.confirmed()).toMatchObject({ reconnected: true, bytesDropped: end - 1024 * 1024 });
    await third.sees("\r\n400000\r\n");
    expect(third.text.length).toBe(1024 * 1024);
  });

  it("never makes a shell for a client that only attaches", async () => {
    runtime = await UnixRuntime.start();
    const client = runtime.connect(newSession(), "a", { "x-agentd-attach-only": "1" });
    expect(await client.refused).toMatchObject({ status: 404, exception: "ResourceNotFoundException" });
    expect(await shells()).toEqual([]);
  });

  it("tells a late client the last output and the exit of a shell that ended meanwhile", async () => {
    runtime = await UnixRuntime.start();
    const session = newSession();
    const { body } = await runtime.create({
      runtimeSessionId: session,
      shellId: "a",
      command: ["bash", "-c", "echo bye; exit 9"],
    });
    await until("the exit", async () => (await shells())[0]?.exit !== undefined);
    expect(await shells()).toMatchObject([{ exit: { kind: "code", exitCode: 9 }, offset: 5 }]);
    for (const epoch of [body["epoch"], "*"]) {
      const client = await runtime.open(session, "a", {
        "x-agentd-have": `${epoch}:0`,
        "x-agentd-attach-only": "1",
      });
      expect(await client.closed).toMatchObject({ code: 1000 });
      expect(client.text).toBe("bye\r\n");
      expect(client.statuses).toMatchObject([
        { reconnected: true },
        { kind: "termination", exit: { kind: "code", exitCode: 9 } },
      ]);
    }
    const without = runtime.connect(session, "a", { "x-agentd-attach-only": "1" });
    expect(await without.refused).toMatchObject({ status: 404 });
  });

  it("keeps a flood waiting while the attached daemon does not read, and loses nothing", async () => {
    runtime = await UnixRuntime.start();
    const session = newSession();
    const command = [
      "bash",
      "-c",
      "stty -echo; echo ready; read x; head -c 20000000 /dev/zero | tr '\\0' x; echo end; sleep 1000",
    ];
    await runtime.create({ runtimeSessionId: session, shellId: "a", command });
    const client = await runtime.open(session, "a");
    // Typed before that, the newline would be echoed and counted.
    const ready = "ready\r\n";
    await client.sees(ready);
    client.type("\n");
    await client.sees("x");
    client.socket.pause();
    let last = -1;
    await until("the flood stands still", async () => {
      const { offset } = (await shells())[0]!;
      const still = offset === last;
      last = offset;
      return still;
    });
    expect(last).toBeLessThan(8_000_000);
    client.socket.resume();
    await client.until("everything", () => client.text.length >= ready.length + 20_000_005);
    expect(client.text.indexOf("end")).toBe(ready.length + 20_000_000);
  });

  it("never blocks a shell that nobody is attached to", async () => {
    runtime = await UnixRuntime.start();
    await runtime.create({
      runtimeSessionId: newSession(),
      shellId: "a",
      command: ["bash", "-c", "head -c 5000000 /dev/zero; exit 4"],
    });
    await until("the exit", async () => (await shells())[0]?.exit !== undefined);
    expect(await shells()).toMatchObject([{ offset: 5_000_000, exit: { exitCode: 4 } }]);
  });

  it("says how a killed shell ended", async () => {
    runtime = await UnixRuntime.start();
    const session = newSession();
    await runtime.create({ runtimeSessionId: session, shellId: "a", command: ["sleep", "1000"] });
    const client = await runtime.open(session, "a");
    client.send(0xff);
    expect(await client.closed).toMatchObject({ code: 1000 });
    expect(client.statuses.at(-1)).toEqual({
      kind: "termination",
      exit: { kind: "signal", signal: 1, exitCode: 129 },
    });
  });

  it("keeps shells when its client dies in the middle of a frame", async () => {
    runtime = await UnixRuntime.start();
    const session = newSession();
    await runtime.create({ runtimeSessionId: session, shellId: "a" });
    for (let cut = 1; cut < 12; cut++) {
      const client = await runtime.open(session, "a");
      const raw = (
        client.socket as unknown as { _socket: { write(bytes: Uint8Array): void; destroy(): void } }
      )._socket;
      raw.write(Uint8Array.from([0x82, 0x88, 1, 2, 3, 4, 0, 0, 0, 0, 0, 0]).subarray(0, cut));
      client.socket.terminate();
    }
    const client = await runtime.open(session, "a");
    expect(await client.run("echo al''ive")).toContain("alive");
  });

  it("stops when asked: shells end, the socket is gone", async () => {
    runtime = await UnixRuntime.start();
    const { body } = await runtime.create({
      runtimeSessionId: newSession(),
      shellId: "a",
      command: ["sleep", "1000"],
    });
    expect((await runtime.call("POST", "/agentd/stop")).status).toBe(202);
    expect(await runtime.exited).toBe(0);
    expect(existsSync(runtime.socketPath)).toBe(false);
    expect(() => process.kill(Number(body["pid"]), 0)).toThrow();
  });

  it("ends by itself when nothing needs it, and not while an exit is unknown to its client", async () => {
    runtime = await UnixRuntime.start();
    const session = newSession();
    await runtime.create({ runtimeSessionId: session, shellId: "a", command: ["true"] });
    const slept = await Promise.race([
      runtime.exited,
      new Promise((resolve) => setTimeout(() => resolve("running"), 11_000)),
    ]);
    expect(slept).toBe("running");
    await (await runtime.open(session, "a", { "x-agentd-have": "*:0" })).closed;
    expect(await runtime.exited).toBe(0);
    expect(existsSync(runtime.socketPath)).toBe(false);
  }, 40_000);

  it("replaces a stale socket, leaves a living one alone, and refuses what is not a socket", async () => {
    const first = await UnixRuntime.start();
    first.process.kill("SIGKILL");
    await first.exited;
    expect(existsSync(first.socketPath)).toBe(true);
    runtime = await UnixRuntime.start(first.directory);
    const second = await UnixRuntime.start(first.directory);
    expect(await second.exited).toBe(0);
    expect((await runtime.call("GET", "/agentd/shells")).status).toBe(200);
  });

  it("survives a signal that would open Node's debugger", async () => {
    runtime = await UnixRuntime.start();
    runtime.process.kill("SIGUSR1");
    expect((await runtime.call("GET", "/agentd/shells")).status).toBe(200);
  });
});

describe("runtime serve", () => {
  const directory = mkdtempSync(join(tmpdir(), "agentd-serve-"));
  const serve = (...args: string[]) => {
    const { status, stderr, stdout } = spawnSync(process.execPath, [program("runtime"), "serve", ...args], {
      encoding: "utf8",
      timeout: 5000,
    });
    return { status, stderr, stdout };
  };

  it("refuses an unsafe directory, a long path, a file in the way, and addresses that others can reach", () => {
    chmodSync(directory, 0o770);
    expect(serve("--unix", join(directory, "s"))).toMatchObject({
      status: 78,
      stderr: expect.stringContaining("unsafe permissions (0770, want 0700)"),
    });
    chmodSync(directory, 0o700);
    expect(serve("--unix", join(directory, "s".repeat(100)))).toMatchObject({
      status: 78,
      stderr: expect.stringContaining("103 are possible"),
    });
    writeFileSync(join(directory, "file"), "");
    expect(serve("--unix", join(directory, "file"))).toMatchObject({
      status: 78,
      stderr: expect.stringContaining("not a socket"),
    });
    expect(serve("--listen", "0.0.0.0:0")).toMatchObject({ status: 64, stdout: "" });
    expect(serve("--listen", "127.0.0.1:0")).toMatchObject({
      status: 64,
      stderr: expect.stringContaining("--config"),
    });
    expect(serve()).toMatchObject({ status: 64, stderr: expect.stringContaining("usage") });
    rmSync(directory, { recursive: true });
    expect(serve("--unix", join(directory, "s"))).toMatchObject({
      status: 78,
      stderr: expect.stringContaining("is missing"),
    });
  });

  it("serves TLS with the certificate of its config, to clients that trust it", async () => {
    const home = mkdtempSync(join(tmpdir(), "agentd-tls-"));
    const [certFile, keyFile] = [join(home, "cert.pem"), join(home, "key.pem")];
    const subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1"];
    const request = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", ...subject];
    spawnSync("openssl", [...request, "-keyout", keyFile, "-out", certFile]);
    const config = join(home, "config.json");
    writeFileSync(config, JSON.stringify({ auth: "none", tls: { certFile, keyFile } }));
    const args = [program("runtime"), "serve", "--listen", "127.0.0.1:0", "--config", config];
    const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
    try {
      const [line] = (await once(child.stdout, "data")) as [Buffer];
      const { url } = JSON.parse(line.toString()) as { url: string };
      expect(url).toMatch(/^https:\/\/127\.0\.0\.1:\d+$/);
      const arn = encodeURIComponent("arn:aws:bedrock-agentcore:us-west-2:123456789012:runtime/demo-Ab1");
      const target = `${url.replace("https", "wss")}/runtimes/${arn}/ws/shells`;
      const client = new ShellClient(new WebSocket(target, { ca: readFileSync(certFile) }));
      await client.opened;
      expect(await client.run("echo se''cret")).toContain("secret");
      await client.leave();
    } finally {
      child.kill("SIGTERM");
      expect(await once(child, "exit")).toEqual([0, null]);
      rmSync(home, { recursive: true });
    }
  });
});
