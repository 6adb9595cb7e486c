// The client's side of the local socket: cut lines, errors, bytes behind the answer, sudden ends.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { DaemonConnection, type PacketStream } from "../../../../client/daemon/daemon-connection.js";
import { daemonEnvironment } from "../../../../client/daemon/daemon-environment.js";
import { parseReport } from "../../../../client/daemon/daemon-launch.js";
import { LineReader } from "../../../../client/daemon/line-reader.js";
import { Channel } from "../../../../shared/channel.js";
import { encodePacket } from "../../../../shared/packet.js";
import { ATTACHED, answerLine, FakeDaemon, SHELL } from "../../../support/fake-daemon.js";

describe("DaemonConnection", () => {
  let directory: string;
  let daemon: FakeDaemon;
  const open: DaemonConnection[] = [];

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "agentd-conn-"));
  });
  afterEach(async () => {
    for (const connection of open.splice(0)) connection.close();
    await daemon?.stop();
    rmSync(directory, { recursive: true, force: true });
  });

  async function start(script: ConstructorParameters<typeof FakeDaemon>[1]): Promise<DaemonConnection> {
    daemon = new FakeDaemon(join(directory, "s"), script);
    await daemon.listen();
    const connection = await DaemonConnection.open(join(directory, "s"));
    open.push(connection);
    await connection.greet();
    return connection;
  }

  /** Resolves with everything up to the end of the stream. */
  function collect(stream: PacketStream): Promise<string[]> {
    const frames: string[] = [];
    return new Promise((resolve) =>
      stream.start({
        onFrame: (frame) => frames.push(`${frame[0]}:${Buffer.from(frame.subarray(1)).toString()}`),
        onEnd: () => resolve(frames),
        onDrain: () => {},
      }),
    );
  }

  it("says hello first, with protocol and version", async () => {
    const connection = await start({});
    expect(daemon.calls[0]).toMatchObject({ method: "hello", params: { protocol: 1 } });
    expect(connection.hello.client.prefix).toBe("C-]");
  });

  it("takes an error without an id for the reason of the end", async () => {
    const message = "busy: too many open files (limit 64 · raise LimitNOFILE)";
    daemon = new FakeDaemon(join(directory, "s"), {
      hello: (_, { socket }) => {
        const error = { code: -32023, message, data: { code: "too_busy" } };
        socket.end(`${JSON.stringify({ jsonrpc: "2.0", id: null, error })}\n`);
      },
    });
    await daemon.listen();
    const connection = await DaemonConnection.open(join(directory, "s"));
    open.push(connection);
    await expect(connection.greet()).rejects.toMatchObject({ code: "too_busy", message });
  });

  it("goes on after an error without an id, as the daemon does", async () => {
    const error = { code: -32700, message: "not JSON", data: { code: "invalid_request" } };
    const line = `${JSON.stringify({ jsonrpc: "2.0", id: null, error })}\n`;
    const connection = await start({
      "shell.list": (call, peer) => {
        peer.socket.write(line);
        peer.answer(call, { shells: [] });
      },
      "shell.kill": (_, { socket }) => socket.destroy(),
    });
    expect(await connection.call("shell.list", {})).toEqual({ shells: [] });
    // It was no reason for what comes later.
    await expect(connection.call("shell.kill", { name: "x" })).rejects.toMatchObject({
      code: "daemon_unavailable",
    });
  });

  it("reads an answer that arrives byte by byte, and ignores what is no answer", async () => {
    const connection = await start({
      "shell.list": (call, { socket }) => {
        socket.setNoDelay(true);
        const noise = `{"jsonrpc":"2.0","method":"event","params":{}}\nnot json\n{"id":999,"result":1}\n`;
        for (const byte of Buffer.from(noise + answerLine(call, { shells: [{ ...SHELL, title: "日本" }] }))) {
          socket.write(Uint8Array.of(byte));
        }
      },
    });
    const { shells } = await connection.call("shell.list", {});
    expect(shells[0]?.title).toBe("日本");
  });

  it("keeps answers apart that come in another order", async () => {
    const held: (() => void)[] = [];
    const connection = await start({
      "shell.info": (call, peer) => {
        held.unshift(() => peer.answer(call, { shell: { ...SHELL, name: call.params["name"] } }));
        if (held.length === 2) for (const answer of held) answer();
      },
    });
    const answers = await Promise.all(["a", "b"].map((name) => connection.call("shell.info", { name })));
    expect(answers.map(({ shell }) => shell.name)).toEqual(["a", "b"]);
  });

  it("turns an error into its code, and a stranger's error into internal", async () => {
    const connection = await start({
      "shell.kill": (call, peer) => peer.fail(call, "shell_not_found", "no shell 'x'"),
      "shell.rename": (call, peer) => peer.fail(call, "from_the_future", "what"),
    });
    await expect(connection.call("shell.kill", { name: "x" })).rejects.toMatchObject({
      code: "shell_not_found",
      exitStatus: 2,
    });
    await expect(connection.call("shell.rename", { name: "x", to: "y" })).rejects.toMatchObject({
      code: "internal",
    });
  });

  it("fails every open call when the daemon goes away, and every later one", async () => {
    const connection = await start({ "shell.list": (_call, { socket }) => socket.destroy() });
    await expect(connection.call("shell.list", {})).rejects.toMatchObject({ code: "daemon_unavailable" });
    await expect(connection.call("shell.list", {})).rejects.toMatchObject({ exitStatus: 69 });
  });

  it("fails a call that is not answered in time, and names the way out", async () => {
    const connection = await start({ "shell.list": () => {} });
    // Not a restart: that asks the daemon, too.
    await expect(connection.call("shell.list", {}, 20)).rejects.toThrow(/does not answer.* · agentd doctor$/);
  });

  it("hands over the packets that came in one read with the answer, and then the rest", async () => {
    const connection = await start({
      "shell.attach": (call, { socket }) => {
        const packets = [
          encodePacket(Channel.Stdout, Buffer.from("one")),
          encodePacket(Channel.Stdout, Buffer.from("{}\n")),
        ];
        const all = Buffer.concat([Buffer.from(answerLine(call, ATTACHED)), ...packets]);
        socket.write(all.subarray(0, -2), () => {
          socket.write(all.subarray(-2));
          socket.end(encodePacket(Channel.Notice, Buffer.from("{}")));
        });
      },
    });
    const stream = await connection.attach({ name: "work", cols: 80, rows: 24 });
    expect(stream.result).toEqual(ATTACHED);
    expect(await collect(stream)).toEqual(["1:one", "1:{}\n", "17:{}"]);
  });

  it("sends packets, and delivers them before it finishes", async () => {
    const connection = await start({
      "shell.attach": (call, peer) => {
        peer.answer(call, ATTACHED);
        peer.attach();
      },
    });
    const stream = await connection.attach({ name: "work", cols: 80, rows: 24 });
    const ended = collect(stream);
    stream.send(Channel.Stdin, Buffer.from("ls"));
    stream.send(Channel.Close, new Uint8Array(0));
    await stream.finish();
    const frames = await daemon.until(() => daemon.peers[0]?.frames.length === 2 && daemon.peers[0].frames);
    expect(frames.map((frame) => Buffer.from(frame).toString("latin1"))).toEqual(["\x00ls", "\xff"]);
    await ended;
    expect(stream.send(Channel.Stdin, Buffer.from("x"))).toBe(false);
  });

  it("ends the stream at bytes that are no packet", async () => {
    const connection = await start({
      "shell.attach": (call, { socket }) => {
        socket.write(answerLine(call, ATTACHED));
        socket.write(encodePacket(Channel.Stdout, Buffer.from("ok")));
        socket.write(Uint8Array.of(255, 255, 255, 255));
      },
    });
    expect(await collect(await connection.attach({ name: "work", cols: 80, rows: 24 }))).toEqual(["1:ok"]);
  });

  it("tells the end of a stream that ended before anybody listened", async () => {
    const connection = await start({
      "shell.attach": (call, { socket }) => socket.end(answerLine(call, ATTACHED)),
    });
    expect(await collect(await connection.attach({ name: "work", cols: 80, rows: 24 }))).toEqual([]);
  });
});

describe("LineReader", () => {
  it("gives what follows a line to whoever stops reading there", () => {
    const reader = new LineReader(100);
    expect([...reader.push(Buffer.from("on"))]).toEqual([]);
    for (const line of reader.push(Buffer.from("e\ntwo\nthree"))) {
      expect(line).toBe("one");
      break;
    }
    expect(Buffer.from(reader.takeRest()).toString()).toBe("two\nthree");
    expect(reader.takeRest()).toHaveLength(0);
  });

  it("refuses a line over its limit", () => {
    const reader = new LineReader(4);
    expect([...reader.push(Buffer.from("1234\n12"))]).toEqual(["1234"]);
    expect(() => [...reader.push(Buffer.from("345"))]).toThrow(/over 4 bytes/);
  });
});

describe("daemonEnvironment", () => {
  it("keeps what the daemon needs and drops what can take it over", () => {
    const needed = {
      HOME: "/h",
      PATH: "/bin",
      LC_ALL: "C",
      XDG_RUNTIME_DIR: "/run",
      AWS_PROFILE: "p",
      HTTPS_PROXY: "x",
      AGENTD_CONFIG: "/c",
    };
    const dropped = {
      NODE_OPTIONS: "--inspect",
      NODE_TLS_REJECT_UNAUTHORIZED: "0",
      NODE_EXTRA_CA_CERTS: "/x",
      NODE_V8_COVERAGE: "/x",
      LD_PRELOAD: "/x.so",
      DYLD_INSERT_LIBRARIES: "/x",
      BASH_ENV: "/x",
      ENV: "/x",
      AGENTD_SHELL: "work",
      SECRET: "x",
    };
    expect(daemonEnvironment({ ...needed, ...dropped, LANG: undefined })).toEqual(needed);
  });
});

describe("parseReport", () => {
  it.each([
    ['{"socket":"/s","pid":1}', {}],
    ['{"running":7}', {}],
    ["", undefined],
    ["null", undefined],
    ["{}", undefined],
  ])("reads %j", (line, report) => expect(parseReport(line)).toEqual(report));

  it("reads the daemon's own reason", () => {
    expect(parseReport('{"error":{"code":"bad_config","message":"line 3"}}')?.error).toMatchObject({
      code: "bad_config",
      message: "line 3",
    });
    expect(parseReport('{"error":{"code":"?","message":"x"}}')?.error).toMatchObject({
      code: "daemon_unavailable",
    });
  });
});
