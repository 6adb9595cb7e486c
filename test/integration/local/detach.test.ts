// Detaching, reattaching and the replay; limits and the life of sessions (conformance cases 29 to 42).
import { writeFileSync } from "node:fs";
import { afterEach, describe, expect, it } from "vitest";
import { LocalService, newSession, type ShellClient } from "../../support/local-service.js";
import { until } from "../../support/until.js";

let service: LocalService;
afterEach(() => service.stop());

/** Attached, at a prompt that is empty: from here on only what the test causes is output. */
async function openQuiet(session: string, shellId = "k"): Promise<ShellClient> {
  const client = await service.open({ session, shellId });
  await client.run("PS1=; bind 'set enable-bracketed-paste off'; stty -echo");
  return client;
}

/** Makes the shell write `bytes` bytes while nobody is attached: it waits for a file that appears after the detach. */
async function printWhileDetached(client: ShellClient, bytes: number, command: string): Promise<void> {
  const pid = Number(client.header("x-agentd-pid"));
  const go = (await client.run("rm -f go; pwd")).match(/^(\/.*)\r$/m)![1]!;
  const before = shellOf(pid).offset;
  client.type(`until [ -e go ]; do sleep 0.01; done; ${command}\n`);
  await client.leave();
  await until("the detach", () => !shellOf(pid).isAttached);
  expect(shellOf(pid).offset).toBe(before);
  writeFileSync(`${go}/go`, "");
  await until("the output", () => shellOf(pid).offset === before + bytes);
}

const shellOf = (pid: number) => service.runtime.shells.all.find((shell) => shell.pid === pid)!;

describe("detach and replay", () => {
  it.each([
    ["1000", (client: ShellClient) => client.leave(1000)],
    ["1005", (client: ShellClient) => client.leave()],
    ["a reset", async (client: ShellClient) => client.socket.terminate()],
  ])("case 29: after %s the shell goes on: directory, variable and job are there", async (_, leave) => {
    service = await LocalService.start();
    const session = newSession();
    const first = await openQuiet(session);
    await first.run("cd /tmp; export A=1; { sleep 1000 & }");
    await leave(first);
    const again = await service.open({ session, shellId: "k" });
    expect(await again.confirmed()).toMatchObject({ reconnected: true });
    expect(await again.run('echo "$PWD $A"; jobs')).toMatch(/\/tmp 1\r\n\[1\]\+ {2}Running/);
  });

  it("case 30: 1,000 bytes written while detached arrive once, after the confirmation, without bytesDropped", async () => {
    service = await LocalService.start();
    const session = newSession();
    const first = await openQuiet(session);
    await printWhileDetached(first, 1000, "head -c 1000 /dev/zero | tr '\\0' y");
    const again = await service.open({ session, shellId: "k" });
    expect(await again.confirmed()).toEqual({ kind: "confirmation", shellId: "k", reconnected: true });
    expect(again.frames[0]![0]).toBe(3);
    await again.sees("y".repeat(1000));
    expect(await again.run("true")).not.toContain("y");
    expect(again.text).toMatch(/^y{1000}done/);
  });

  it("case 30: under the last-bytes model they follow older output", async () => {
    service = await LocalService.start({ replayModel: "last-bytes" });
    const session = newSession();
    const first = await openQuiet(session);
    await first.run("echo old''er");
    await printWhileDetached(first, 1000, "head -c 1000 /dev/zero | tr '\\0' y");
    const again = await service.open({ session, shellId: "k" });
    expect(await again.sees("y".repeat(1000))).toMatch(/older\r\n[\s\S]*y{1000}$/);
  });

  it("cases 31 and 32: of 300 KiB the last 262,144 bytes are replayed and 45,056 reported, once", async () => {
    service = await LocalService.start();
    const session = newSession();
    const first = await openQuiet(session);
    await printWhileDetached(first, 20_480 * 15, "seq -f %014.0f 20480 | tr '\\n' :");
    const again = await service.open({ session, shellId: "k" });
    expect(await again.confirmed()).toMatchObject({ bytesDropped: 45_056 });
    await again.sees("20480:");
    await again.run("true");
    // 45,056 bytes are 3,003 numbers of 15 bytes and 11 bytes of the next.
    expect(again.text.indexOf("done")).toBe(262_144);
    expect(again.text.slice(0, 19)).toBe("004:00000000003005:".slice(-19));
    await again.leave();
    const third = await service.open({ session, shellId: "k" });
    expect(await third.confirmed()).toEqual({ kind: "confirmation", shellId: "k", reconnected: true });
  });

  it("case 33: replayed and live output form one stream without a gap", async () => {
    service = await LocalService.start();
    const session = newSession();
    const first = await openQuiet(session);
    first.type("for i in $(seq 1 20000); do echo n$i; done; echo fin''ished\n");
    let text = "";
    let client = first;
    for (let round = 0; round < 5; round++) {
      const from = client.text.length;
      await client.until(
        "some output",
        () => client.text.length > from + 2000 || client.text.includes("finished"),
      );
      client.socket.close();
      await client.closed;
      text += client.text;
      client = await service.open({ session, shellId: "k" });
    }
    await client.sees("finished");
    text += client.text;
    const numbers = [...text.matchAll(/^n(\d+)\r$/gm)].map((match) => Number(match[1]));
    expect(numbers).toEqual(Array.from({ length: 20_000 }, (_, index) => index + 1));
  });

  it("cases 34 and 35: a newer connection replaces the older with 4000, whose input is no longer heard", async () => {
    service = await LocalService.start();
    const session = newSession();
    const first = await openQuiet(session);
    const second = await service.open({ session, shellId: "k" });
    first.type("touch heard\n");
    expect(await first.closed).toEqual({ code: 4000, reason: "replaced by new connection" });
    expect(await second.confirmed()).toMatchObject({ reconnected: true });
    expect(await second.run("ls")).not.toContain("heard");
  });

  it("case 36: a shell that exited while detached is replaced by a fresh one", async () => {
    service = await LocalService.start();
    const session = newSession();
    const first = await openQuiet(session);
    const pid = Number(first.header("x-agentd-pid"));
    first.type("sleep 0.1; exit 3\n");
    await first.leave();
    await until("the exit", () => shellOf(pid).exit !== undefined);
    expect(await (await service.open({ session, shellId: "k" })).confirmed()).toMatchObject({
      reconnected: false,
    });
  });
});

describe("limits and life", () => {
  it.each([
    ["agentcore", 424],
    ["harness", 429],
  ])(
    "case 37: in the %s profile an eleventh shell is refused with %d until one is killed",
    async (profile, status) => {
      service = await LocalService.start({ profile });
      const session = newSession();
      const ten = await Promise.all(
        Array.from({ length: 10 }, (_, i) => service.open({ session, shellId: `k${i}` })),
      );
      const refusal = await service.refusal({ session, shellId: "k10" });
      expect(refusal).toMatchObject({
        status,
        body: { error: expect.any(String), message: expect.any(String) },
      });
      expect(ten.every(({ socket }) => socket.readyState === socket.OPEN)).toBe(true);
      ten[0]!.send(0xff);
      await ten[0]!.closed;
      await service.open({ session, shellId: "k10" });
      await service.open({ session: newSession() });
    },
  );

  it("case 38: ten detached shells count in the agentcore profile", async () => {
    service = await LocalService.start();
    const session = newSession();
    for (let i = 0; i < 10; i++) await (await service.open({ session, shellId: `k${i}` })).leave();
    expect(await service.refusal({ session, shellId: "k10" })).toMatchObject({ status: 424 });
    expect(await (await service.open({ session, shellId: "k0" })).confirmed()).toMatchObject({
      reconnected: true,
    });
  });

  it("case 38: in the harness profile they do not, and at 20 the one detached first goes", async () => {
    service = await LocalService.start({ profile: "harness" });
    const session = newSession();
    for (let i = 0; i < 21; i++) {
      const client = await service.open({ session, shellId: `k${i}` });
      const pid = Number(client.header("x-agentd-pid"));
      await client.leave();
      await until("the detach", () => !shellOf(pid).isAttached);
    }
    const confirmed = async (shellId: string) =>
      (await (await service.open({ session, shellId })).confirmed()).reconnected;
    expect(await confirmed("k2")).toBe(true);
    expect(await confirmed("k0")).toBe(false);
  });

  it("case 39: a connection that reaches its age is closed with 1008, and the next one has a fresh age", async () => {
    service = await LocalService.start({ connectionTtlMs: 150, ttlSendsClose: true });
    const session = newSession();
    const first = await service.open({ session, shellId: "k" });
    expect(await first.closed).toMatchObject({ code: 1008 });
    expect(first.of(0xff)).toHaveLength(1);
    const second = await service.open({ session, shellId: "k" });
    expect(await second.confirmed()).toMatchObject({ reconnected: true });
    expect(await second.closed).toMatchObject({ code: 1008 });
  });

  it("case 40: a detached session ends after the idle time; then everything is new", async () => {
    service = await LocalService.start({ sessionIdleMs: 150 });
    const session = newSession();
    const first = await openQuiet(session);
    const pid = Number(first.header("x-agentd-pid"));
    await first.run("touch mine");
    await first.leave();
    await until("the end of the process", () => !isAlive(pid));
    const again = await service.open({ session, shellId: "k" });
    expect(await again.confirmed()).toMatchObject({ reconnected: false });
    expect(await again.run("ls")).not.toMatch(/^mine\r$/m);
  });

  it("case 41: a client that only pings outlives the idle time", async () => {
    service = await LocalService.start({ sessionIdleMs: 150 });
    const client = await openQuiet(newSession());
    for (let i = 0; i < 10; i++) {
      client.socket.ping();
      await new Promise((resolve) => client.socket.once("pong", () => setTimeout(resolve, 40)));
    }
    expect(await client.run("echo al''ive")).toContain("alive");
    expect(await client.closed).toMatchObject({ code: 1001 });
    expect(client.of(0xff)).toHaveLength(1);
  });

  it("case 42: StopRuntimeSession ends all connections; a new upgrade is a new machine; an unknown session is 404", async () => {
    service = await LocalService.start();
    const session = newSession();
    const [a, b] = [await openQuiet(session, "a"), await openQuiet(session, "b")];
    await a.run("touch mine; { sleep 1000 & }");
    expect(await service.stopSession(session)).toBe(200);
    expect((await Promise.all([a.closed, b.closed])).map(({ code }) => code)).toEqual([1001, 1001]);
    expect(await service.stopSession(session)).toBe(404);
    const again = await service.open({ session, shellId: "a" });
    expect(await again.confirmed()).toMatchObject({ reconnected: false });
    expect(await again.run("ls")).not.toMatch(/^mine\r$/m);
    expect(await service.stopSession(newSession())).toBe(404);
  });
});

describe("without exact mode", () => {
  it("knows none of its headers: says nothing, replays by its model, makes the shell that is not there", async () => {
    service = await LocalService.start({ exactMode: false });
    const session = newSession();
    const first = await openQuiet(session);
    await first.leave();
    const asking = { "x-agentd-have": "*:0", "x-agentd-attach-only": "1" };
    const second = await service.open({ session, shellId: "k", headers: asking });
    await second.run("true");
    expect(second.text).not.toContain("bind");
    const other = await service.open({ session, shellId: "new", headers: asking });
    for (const { headers } of [first, second, other])
      expect(Object.keys(headers).filter((name) => name.startsWith("x-agentd"))).toEqual([]);
  });
});

describe("the knobs of the confirmation", () => {
  it("sends none where the knob says never", async () => {
    service = await LocalService.start({ profile: "generation-b" });
    const client = await openQuiet(newSession());
    client.send(0xff);
    expect(await client.run("echo al''ive")).toContain("alive");
    expect(client.statuses).toEqual([]);
  });

  it("sends it after the first output, or a second one after the replay", async () => {
    service = await LocalService.start({ confirmation: "after-first-output" });
    const late = await service.open({ session: newSession() });
    await late.confirmed();
    expect(late.frames[0]![0]).toBe(1);
    await service.stop();
    service = await LocalService.start({ confirmation: "also-post-drain", replayBytes: 100 });
    const session = newSession();
    await printWhileDetached(await openQuiet(session), 150, "head -c 150 /dev/zero | tr '\\0' y");
    const twice = await service.open({ session, shellId: "k" });
    await twice.until("two confirmations", () => twice.statuses.length === 2);
    expect(twice.statuses).toMatchObject([{ reconnected: true }, { reconnected: true, bytesDropped: 50 }]);
    expect(twice.frames.map(([channel]) => channel)).toEqual([3, 1, 3]);
  });

  it("fails a shell before its confirmation with 1011 where the knob says so", async () => {
    service = await LocalService.start({ initFailure: "status" });
    const client = await service.open();
    expect(await client.closed).toMatchObject({ code: 1011 });
    expect(client.statuses).toMatchObject([{ kind: "termination", exit: { kind: "unknown" } }]);
  });
});

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
