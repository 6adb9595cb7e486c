// The socket's name: private from its first moment, taken over from the dead, never from the living or from something else.
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { Listener } from "../../../daemon/server/listener.js";
import type { ServerLog } from "../../../daemon/server/server-log.js";
import { activatedFd } from "../../../daemon/server/socket-activation.js";
import { SocketClient } from "../../support/socket-client.js";
import { tempDirectory } from "../../support/temp-directory.js";

const quiet: ServerLog = { debug() {}, info() {}, warn() {}, error() {}, child: () => quiet };

/** Says a word to everyone who connects. */
function greeter(word: string): (socket: Socket) => void {
  return (socket) => {
    socket.on("error", () => {});
    socket.end(`${word}\n`);
  };
}

async function open(path: string, more: Partial<Parameters<typeof Listener.open>[0]> = {}) {
  const listener = await Listener.open({ path, onConnection: greeter("new"), log: quiet, ...more });
  if (listener !== undefined) onTestFinished(() => listener.close());
  return listener;
}

const hear = async (path: string) => (await SocketClient.connect(path)).line();

async function foreignServer(path: string, word: string): Promise<Server> {
  const server = createServer(greeter(word));
  await new Promise<void>((resolve) => server.listen(path, resolve));
  return server;
}

/** A socket file on which nobody listens: what a killed daemon leaves. */
async function staleSocket(path: string): Promise<void> {
  const server = await foreignServer(`${path}.x`, "old");
  renameSync(`${path}.x`, path);
  await new Promise((resolve) => server.close(resolve));
}

describe("Listener", () => {
  it("publishes one private socket, whatever the umask, and leaves the umask alone", async () => {
    const directory = tempDirectory();
    const path = join(directory, "agentd.sock");
    const umask = process.umask(0);
    await open(path);
    expect(process.umask(umask)).toBe(0);
    expect(readdirSync(directory)).toEqual(["agentd.sock"]);
    const status = lstatSync(path);
    expect([status.isSocket(), status.mode & 0o777]).toEqual([true, 0o600]);
    expect(await hear(path)).toBe("new");
  });

  it("removes its name when it closes", async () => {
    const path = join(tempDirectory(), "agentd.sock");
    (await open(path))?.close();
    expect(existsSync(path)).toBe(false);
  });

  it("leaves a name alone that is not its own any more", async () => {
    const path = join(tempDirectory(), "agentd.sock");
    const listener = await open(path);
    rmSync(path);
    const other = await foreignServer(path, "other");
    listener?.close();
    expect(await hear(path)).toBe("other");
    other.close();
  });

  it("replaces a stale socket, and sweeps what killed daemons left", async () => {
    const directory = tempDirectory();
    const path = join(directory, "agentd.sock");
    await staleSocket(path);
    await staleSocket(join(directory, "s.0badcafe"));
    await open(path);
    expect(readdirSync(directory)).toEqual(["agentd.sock"]);
    expect(await hear(path)).toBe("new");
  });

  it("refuses a regular file and leaves it untouched", async () => {
    const path = join(tempDirectory(), "agentd.sock");
    writeFileSync(path, "precious");
    await expect(open(path)).rejects.toMatchObject({
      code: "unsafe_directory",
      message: `'${path}' is not a socket · look at it, then move it away`,
    });
    expect(lstatSync(path).size).toBe("precious".length);
  });

  it("refuses a symbolic link to a socket, stale or live, and leaves both untouched", async () => {
    const directory = tempDirectory();
    const path = join(directory, "agentd.sock");
    await staleSocket(join(directory, "real"));
    symlinkSync(join(directory, "real"), path);
    await expect(open(path)).rejects.toMatchObject({
      message: expect.stringContaining("is a symbolic link"),
    });
    expect(lstatSync(path).isSymbolicLink()).toBe(true);
    expect(lstatSync(join(directory, "real")).isSocket()).toBe(true);
  });

  it("does not take the name of a server that lives", async () => {
    const path = join(tempDirectory(), "agentd.sock");
    const other = await foreignServer(path, "other");
    expect(await open(path)).toBeUndefined();
    expect(await hear(path)).toBe("other");
    other.close();
  });

  it("publishes again after its name was removed, and existing connections do not notice", async () => {
    const path = join(tempDirectory(), "agentd.sock");
    const sockets: Socket[] = [];
    await open(path, { watchMs: 20, onConnection: (socket) => sockets.push(socket) });
    const old = await SocketClient.connect(path);
    await expect.poll(() => sockets.length).toBe(1);
    rmSync(path);
    await expect.poll(() => existsSync(path)).toBe(true);
    await SocketClient.connect(path);
    await expect.poll(() => sockets.length).toBe(2);
    sockets[0]?.write("still here\n");
    expect(await old.line()).toBe("still here");
    for (const socket of sockets) socket.destroy();
  });

  it("publishes in a new directory when its own is gone", async () => {
    const base = tempDirectory();
    const [first, second] = [join(base, "first"), join(base, "second")];
    for (const directory of [first, second]) mkdirSync(directory, { mode: 0o700 });
    const listener = await open(join(first, "agentd.sock"), {
      watchMs: 20,
      relocate: () => join(second, "agentd.sock"),
    });
    rmSync(first, { recursive: true });
    await expect.poll(() => existsSync(join(second, "agentd.sock"))).toBe(true);
    expect(listener?.path).toBe(join(second, "agentd.sock"));
    expect(await hear(join(second, "agentd.sock"))).toBe("new");
  });

  it("never lets a client reach a socket that does not answer, during 100 restarts", async () => {
    const path = join(tempDirectory(), "agentd.sock");
    let done = false;
    const outcomes = new Map<string, number>();
    const connecting = (async () => {
      while (!done) {
        const outcome = await hear(path).catch((error: NodeJS.ErrnoException) => String(error.code));
        outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
      }
    })();
    for (let count = 0; count < 100; count++) {
      const listener = await Listener.open({ path, onConnection: greeter("new"), log: quiet });
      await new Promise(setImmediate);
      listener?.close();
    }
    done = true;
    await connecting;
    // A daemon that ends resets the connections that it had not accepted yet; a refusal would be a name without a listener.
    expect([...outcomes.keys()].filter((outcome) => !/^(new|ENOENT|ECONNRESET|)$/.test(outcome))).toEqual([]);
  });
});

describe("activatedFd", () => {
  it.each([
    [{ LISTEN_PID: "7", LISTEN_FDS: "1" }, 3],
    [{ LISTEN_PID: "8", LISTEN_FDS: "1" }, undefined],
    [{ LISTEN_PID: "7", LISTEN_FDS: "0" }, undefined],
    [{ LISTEN_FDS: "1" }, undefined],
    [{}, undefined],
  ])("takes %j for process 7 as %s", (env, fd) => {
    expect(activatedFd(env, 7)).toBe(fd);
  });
});
