// The list's connection: there while somebody looks, and what the list says of it.
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Directory } from "../../../../../client/web/link/directory.js";
import type { Door } from "../../../../../client/web/link/door.js";
import { SHELL } from "../../../../support/fake-daemon.js";
import { until } from "../../../../support/until.js";

/** A daemon that admits everybody and has one shell; a closing socket is closed when the test says so. */
class FakeSocket {
  static readonly OPEN = 1;
  static readonly all: FakeSocket[] = [];
  readyState = 1;
  onopen: () => void = () => {};
  onmessage: ((event: { data: string }) => void) | null = null;
  onclose: ((event: { code: number; reason: string }) => void) | null = null;
  #code: number | undefined;

  constructor() {
    FakeSocket.all.push(this);
    queueMicrotask(() => this.onopen());
  }

  send(text: string): void {
    const { id, method } = JSON.parse(text) as { id?: number; method?: string };
    const result = method === "hello" ? { client: {} } : { shells: [SHELL] };
    const answer = id === undefined ? { ok: true, scope: { owner: true, readOnly: false } } : { id, result };
    queueMicrotask(() => this.onmessage?.({ data: JSON.stringify(answer) }));
  }

  close(code = 1000): void {
    this.readyState = 2;
    this.#code ??= code;
  }

  /** The other side has answered the close, or has gone. */
  end(): void {
    this.readyState = 3;
    this.onclose?.({ code: this.#code ?? 1006, reason: "" });
  }
}

const target = { addEventListener: () => {}, removeEventListener: () => {} };

beforeEach(() => {
  FakeSocket.all.length = 0;
  vi.stubGlobal("WebSocket", FakeSocket);
  vi.stubGlobal("location", { protocol: "http:", host: "127.0.0.1:1" });
  vi.stubGlobal("document", { visibilityState: "visible", ...target });
  vi.stubGlobal("window", target);
});
afterEach(() => vi.unstubAllGlobals());

function open() {
  const directory = new Directory({ provenToken: async () => "t" } as unknown as Door, "web");
  const states: string[] = [];
  directory.listen(() => states.push(directory.state.kind));
  const isLive = () => states.at(-1) === "live";
  return { directory, states, isLive };
}

it("is not lost to who looks away and back before its connection has ended", async () => {
  const { directory, states, isLive } = open();
  directory.want(true);
  await until("it is live", isLive);
  directory.want(false);
  directory.want(true);
  FakeSocket.all[0]?.end();
  await until("it is connected again", () => FakeSocket.all.length === 2);
  await until("it lists", () => states.length === 2);
  expect(states).toEqual(["live", "live"]);
  directory.want(false);
  FakeSocket.all[1]?.end();
});

it("keeps what it knew while nobody looks, and waits when the connection is lost", async () => {
  const { directory, states, isLive } = open();
  directory.want(true);
  await until("it is live", isLive);
  directory.want(false);
  FakeSocket.all[0]?.end();
  await new Promise(setImmediate);
  expect(directory.state).toEqual({ kind: "live" });
  expect([...directory.shells.keys()]).toEqual([SHELL.name]);
  await expect(directory.call("shell.list", {})).rejects.toMatchObject({ code: 0 });
  directory.want(true);
  await until("it is live again", () => states.length === 2);
  FakeSocket.all[1]?.end();
  await until("it is lost", () => states.length === 3);
  expect(states).toEqual(["live", "live", "waiting"]);
  directory.want(false);
});
