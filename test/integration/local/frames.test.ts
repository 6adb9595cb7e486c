// Frames on an attached shell, and how shells end (conformance cases 13 to 28).
import { afterEach, describe, expect, it } from "vitest";
import { Channel } from "../../../shared/channel.js";
import { encodeFrame } from "../../../shared/frame.js";
import { LocalService, newSession, type ShellClient } from "../../support/local-service.js";
import { until } from "../../support/until.js";

describe("frames", () => {
  let service: LocalService;
  afterEach(() => service.stop());

  const open = async (knobs: Record<string, unknown> = {}, session = newSession()) => {
    service = await LocalService.start(knobs);
    return await service.open({ session, shellId: "k" });
  };
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

  it("case 13: stdout and stderr of a command both arrive on STDOUT, nothing on STDERR", async () => {
    const client = await open();
    const output = await client.run("echo h''i; echo er''r >&2");
    expect(output).toMatch(/hi\r\n/);
    expect(output).toMatch(/err\r\n/);
    expect(client.of(Channel.Stderr)).toEqual([]);
  });

  it("case 14: RESIZE is what `stty size` prints", async () => {
    const client = await open();
    expect(await client.run("stty size")).toContain("24 80");
    client.send(Channel.Resize, '{"width":120,"height":40}');
    expect(await client.run("stty size")).toContain("40 120");
  });

  it.each(['{"width":0,"height":40}', '{"width":1001,"height":40}', "wide", "{}", ""])(
    "case 15: RESIZE %j changes nothing",
    async (payload) => {
      const client = await open();
      client.send(Channel.Resize, payload);
      expect(await client.run("stty size")).toContain("24 80");
    },
  );

  it("case 15: RESIZE out of range is clamped where the knob says so", async () => {
    const client = await open({ badResize: "clamp" });
    client.send(Channel.Resize, '{"width":0,"height":5000}');
    expect(await client.run("stty size")).toContain("1000 1");
  });

  it("case 16: HEARTBEAT comes back once, with its payload", async () => {
    const client = await open();
    client.send(Channel.Heartbeat);
    client.send(Channel.Heartbeat, "ab");
    await client.run("true");
    expect(client.of(Channel.Heartbeat).map(text)).toEqual(["", "ab"]);
  });

  it("case 17: a ping gets a pong with the same data", async () => {
    const client = await open();
    const pong = new Promise<Buffer>((resolve) => client.socket.once("pong", resolve));
    client.socket.ping("data");
    expect((await pong).toString()).toBe("data");
  });

  it("case 18: isolated text frames are ignored, five in a row close 1003, and the shell is still there", async () => {
    const session = newSession();
    const client = await open({}, session);
    for (let i = 0; i < 4; i++) client.socket.send("text");
    client.send(Channel.Heartbeat);
    for (let i = 0; i < 4; i++) client.socket.send("text");
    await client.run("X=kept");
    for (let i = 0; i < 5; i++) client.socket.send("text");
    expect(await client.closed).toMatchObject({ code: 1003 });
    const again = await service.open({ session, shellId: "k" });
    expect(await again.confirmed()).toMatchObject({ reconnected: true });
    expect(await again.run('echo "X is $X"')).toContain("X is kept");
  });

  it("case 19: a message of 65,536 bytes is typed, one of 65,537 closes 1009 and nothing of it is", async () => {
    const session = newSession();
    const client = await open({}, session);
    const frame = new Uint8Array(65_535).fill(0x61);
    client.type("stty raw -echo; echo rea''dy; head -c 65535 | wc -c; stty sane\n");
    await client.sees("ready");
    client.send(Channel.Stdin, frame);
    await client.sees("65535");
    client.socket.send(encodeFrame(Channel.Stdin, new Uint8Array(65_536).fill(0x62)));
    expect(await client.closed).toMatchObject({ code: 1009 });
    const again = await service.open({ session, shellId: "k" });
    expect(await again.confirmed()).toMatchObject({ reconnected: true });
    expect(await again.run("echo clean")).not.toContain("bbb");
  }, 30_000);

  it("case 20: no message from the server is over 65,536 bytes", async () => {
    const client = await open();
    await client.run("head -c 3000000 /dev/zero | tr '\\0' x");
    expect(Math.max(...client.frames.map(({ length }) => length))).toBeLessThanOrEqual(65_536);
  });

  it("case 21: 251 frames within a second close 1008; 240 a second are fine", async () => {
    const client = await open({ frameRateWindowMs: 200, frameRateLimit: 50 });
    for (let burst = 0; burst < 5; burst++) {
      for (let i = 0; i < 48; i++) client.send(Channel.Heartbeat);
      await client.until("all echoes", () => client.of(Channel.Heartbeat).length === 48 * (burst + 1));
      await new Promise((resolve) => setTimeout(resolve, 220));
    }
    for (let i = 0; i < 51; i++) client.send(Channel.Heartbeat);
    expect(await client.closed).toMatchObject({ code: 1008 });
  });

  it("case 21: the published numbers: the 251st frame of a second is one too many", async () => {
    const client = await open();
    for (let i = 0; i < 250; i++) client.send(Channel.Heartbeat);
    await client.until("250 echoes", () => client.of(Channel.Heartbeat).length === 250);
    client.send(Channel.Heartbeat);
    expect(await client.closed).toMatchObject({ code: 1008 });
  });

  it("case 22: a client that stops reading is closed with 1008 within bounded memory, and can come back", async () => {
    const session = newSession();
    const client = await open({ writeBufferBytes: 256 * 1024 }, session);
    await client.confirmed();
    client.type("cat /dev/zero | base64\n");
    client.socket.pause();
    const before = process.memoryUsage().arrayBuffers;
    await until("the shell is detached", async () => {
      const probe = await service.open({ session: newSession() });
      await probe.leave();
      return [...attachedShells(service)].length === 0;
    });
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(32 * 1024 * 1024);
    const again = await service.open({ session, shellId: "k" });
    again.type("\x03");
    await again.confirmed();
    expect(await again.run("echo ba''ck")).toContain("back");
    client.socket.terminate();
  });

  const ending = async (client: ShellClient) => {
    const { code } = await client.closed;
    return {
      code,
      last: JSON.parse(text(client.frames.at(-1)!.subarray(1))) as unknown,
      channel: client.frames.at(-1)![0],
    };
  };

  it("case 23: exit 0 gives Success after all output, then 1000", async () => {
    const client = await open();
    client.type("printf la''st; exit 0\n");
    expect(await ending(client)).toEqual({
      code: 1000,
      channel: Channel.Status,
      last: { kind: "Status", apiVersion: "v1", metadata: {}, status: "Success" },
    });
    expect(client.text).toContain("last");
  });

  it("case 24: exit 42 gives Failure with one ExitCode cause", async () => {
    const client = await open();
    client.type("exit 42\n");
    expect(await ending(client)).toMatchObject({
      code: 1000,
      last: {
        status: "Failure",
        reason: "NonZeroExitCode",
        message: "command terminated with exit code 42",
        details: { causes: [{ reason: "ExitCode", message: "42" }] },
      },
    });
  });

  it("case 25: a shell killed by signal 9 gives ExitCode 137 and Signal 9", async () => {
    const client = await open();
    client.type("kill -9 $$\n");
    expect(await ending(client)).toMatchObject({
      last: {
        details: {
          causes: [
            { reason: "ExitCode", message: "137" },
            { reason: "Signal", message: "9" },
          ],
        },
      },
    });
  });

  it("case 26: CLOSE is echoed, the process dies although it ignores the hang-up, 1000, and the id is free", async () => {
    const session = newSession();
    const client = await open({ killDelayMs: 100 }, session);
    await client.run("trap '' HUP");
    const pid = Number(client.header("x-agentd-pid"));
    client.send(Channel.Close);
    expect(await client.closed).toMatchObject({ code: 1000 });
    expect(client.of(Channel.Close).map(text)).toEqual([""]);
    expect(client.statuses.map(({ kind }) => kind)).toEqual(["confirmation"]);
    expect(isAlive(pid)).toBe(false);
    const again = await service.open({ session, shellId: "k" });
    expect(await again.confirmed()).toMatchObject({ reconnected: false });
  });

  it("case 26: the job in the foreground dies with its shell", async () => {
    const client = await open({ killDelayMs: 100 });
    client.type("sh -c 'trap \"\" HUP; echo pid-$$-; while :; do sleep 1; done'\n");
    const job = Number(/pid-(\d+)-/.exec(await client.sees(/pid-\d+-/))![1]);
    client.send(Channel.Close);
    await client.closed;
    await until("the job is gone", () => !isAlive(job));
  });

  it("case 27: CLOSE followed at once by a WebSocket close kills all the same", async () => {
    const client = await open();
    await client.run("true");
    const pid = Number(client.header("x-agentd-pid"));
    client.send(Channel.Close);
    client.socket.close();
    await client.closed;
    await until("the process is gone", () => !isAlive(pid));
  });

  it("case 28: a normal exit sends no CLOSE", async () => {
    const client = await open();
    client.type("exit\n");
    await client.closed;
    expect(client.of(Channel.Close)).toEqual([]);
  });

  it("ignores empty messages, unknown channels and STDOUT from a client", async () => {
    const client = await open();
    client.socket.send(new Uint8Array());
    client.send(0x77, "x");
    client.send(Channel.Stdout, "x");
    expect(await client.run("echo al''ive")).toContain("alive");
  });

  it("keeps what was typed before the shell was ready", async () => {
    const client = await open();
    client.type("echo ear''ly\n");
    await client.sees("early\r\n");
  });

  it("gives a service shell nothing of this process's environment", async () => {
    process.env["AGENTD_TEST_LEAK"] = "leaked";
    const client = await open({ env: { EXTRA: "yes" } });
    const output = await client.run("env; shopt login_shell");
    delete process.env["AGENTD_TEST_LEAK"];
    expect(output).not.toContain("leaked");
    expect(output).toMatch(/EXTRA=yes\r\n/);
    expect(output).toMatch(/TERM=xterm-256color\r\n/);
    expect(output).toMatch(/login_shell\s+on/);
  });
});

function attachedShells(service: LocalService): unknown[] {
  return service.runtime.shells.all.filter((shell) => shell.isAttached);
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
