// The web server on a real port with the real dispatch; its methods only remember what reached them.
import { createHash, randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import type { Call, PacketReceiver } from "../../daemon/server/connection.js";
import { paramChecks } from "../../daemon/server/params.js";
import type { MethodTable } from "../../daemon/server/rpc-server.js";
import type { ServerLog } from "../../daemon/server/server-log.js";
import type { ClientSink } from "../../daemon/shell/clients/client-host.js";
import { type Disk, systemDisk } from "../../daemon/shell/state/disk.js";
import { WebServer } from "../../daemon/web/server.js";
import { Channel } from "../../shared/channel.js";
import { encodeFrame } from "../../shared/frame.js";
import type { ShellEvent, ShellInfo } from "../../shared/rpc.js";
import { tempDirectory } from "./temp-directory.js";

const silent: ServerLog = {
  debug: () => {},
  info: () => {},
  warn: () => {},
  error: () => {},
  child: () => silent,
};

export const sha256 = (text: string): Buffer => createHash("sha256").update(text).digest();
export const freshNonce = (): string => randomBytes(18).toString("base64url");
export const keyOf = (url: string): string => new URL(url).hash.slice("#k=".length);

export interface WebWorldOptions {
  readonly requestMs?: number;
  readonly tokenMs?: number;
  readonly stateDirectory?: string;
  readonly disk?: Disk;
}

/** Ends with the test. Its clocks go on only when a test says so. */
export class WebWorld {
  readonly server: WebServer;
  readonly stateDirectory: string;
  /** `method params` of every call that got through. */
  readonly calls: string[] = [];
  /** Frames that reached a shell: channel and payload. */
  readonly frames: string[] = [];
  /** Of the attached pages. */
  readonly sinks: ClientSink[] = [];
  /** What the attached ones called themselves. */
  readonly programs: string[] = [];
  shells = ["work", "other"];
  infoOf = (name: string): ShellInfo =>
    ({ name, shellId: `id of ${name}`, runtimeSessionId: "s", createdAt: "2026-11-21" }) as ShellInfo;
  /** What every call that got through fails with. */
  failure: Error | undefined;
  wallMs = Date.parse("2026-11-21T12:00:00Z");
  monotonicMs = 0;
  readonly #listeners = new Set<(event: ShellEvent) => void>();

  constructor(options: WebWorldOptions = {}) {
    const home = tempDirectory();
    this.stateDirectory = options.stateDirectory ?? home;
    writeFileSync(join(home, "index.html"), "<!doctype html><title>page</title>");
    writeFileSync(join(home, "main.js"), "1");
    this.server = new WebServer({
      stateDirectory: this.stateDirectory,
      assetsDirectory: home,
      disk: options.disk ?? systemDisk,
      log: silent,
      version: "0",
      home: { cwd: "/home/me", env: { HOME: "/home/me" } },
      methods: () => this.#methods(),
      shells: () => this.shells.map((name) => this.infoOf(name)),
      subscribe: (listener) => {
        this.#listeners.add(listener);
        return () => this.#listeners.delete(listener);
      },
      clock: { now: () => this.wallMs, monotonic: () => this.monotonicMs },
      limits: options,
    });
    onTestFinished(() => this.end());
  }

  tell(event: ShellEvent): void {
    for (const listener of this.#listeners) listener(event);
  }

  /** As the end of a daemon; the state stays. */
  async end(): Promise<void> {
    this.server.prepareEnd(false);
    await this.server.shutDown();
  }

  #methods(): MethodTable<Call> {
    const answers: Partial<MethodTable<Call>> = {
      hello: async ({ protocol, client }, { connection }) => {
        connection.greet(protocol, client);
        return { protocol: 1, version: "0", pid: 1, client: { prefix: "C-]" } };
      },
      "shell.list": async () => ({
        shells: this.shells.map(this.infoOf),
        configProblem: "secret",
        stateUnsavedReason: "secret",
      }),
      "shell.info": async ({ name }) => ({ shell: this.infoOf(name) }),
      "shell.resize": async ({ name }) => ({ shell: this.infoOf(name) }),
      "events.subscribe": async (_, { connection, afterAnswer }) => {
        const listener = (event: ShellEvent) => connection.notify(event);
        afterAnswer(() => this.#listeners.add(listener));
        connection.onClose(() => this.#listeners.delete(listener));
        return { shells: this.shells.map(this.infoOf) };
      },
      "shell.attach": async (params, { connection, afterAnswer }) => {
        this.programs.push(connection.program);
        afterAnswer(() => connection.becomeStream(this.#echo(connection)));
        return { shell: this.infoOf(params.name), epoch: "", offset: 0, resumed: false };
      },
    };
    const table = Object.keys(paramChecks).map((name) => {
      const answer = answers[name as keyof typeof answers] as ((p: unknown, c: Call) => unknown) | undefined;
      const method = async (params: unknown, call: Call) => {
        this.calls.push(`${name} ${JSON.stringify(params)}`);
        if (this.failure !== undefined) throw this.failure;
        return (await answer?.(params, call)) ?? {};
      };
      return [name, method];
    });
    return Object.fromEntries(table) as MethodTable<Call>;
  }

  /** Types back what is typed. */
  #echo(connection: Call["connection"]): PacketReceiver {
    this.sinks.push(connection.sink);
    return {
      start: () => connection.sink.send(encodeFrame(Channel.Stdout, Buffer.from("hi"))),
      handleFrame: (frame) => {
        this.frames.push(`${frame[0]} ${Buffer.from(frame.subarray(1)).toString("latin1")}`);
        if (frame[0] === Channel.Stdin) connection.sink.send(encodeFrame(Channel.Stdout, frame.slice(1)));
      },
      closed: () => void this.frames.push("closed"),
    };
  }
}
