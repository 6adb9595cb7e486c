// The order of a subscription's events, and the requests that two methods refuse.
import { describe, expect, it } from "vitest";
import type { Connection } from "../../../../daemon/server/connection.js";
import {
  createMethods,
  type Shells,
  type StopRequest,
  type WebAdmin,
} from "../../../../daemon/server/methods.js";
import { AgentdError } from "../../../../shared/errors.js";
import type { DaemonStatus, ShellEvent, ShellInfo } from "../../../../shared/rpc.js";

function setUp() {
  const listeners = new Set<(event: ShellEvent) => void>();
  const stops: StopRequest[] = [];
  const notified: ShellEvent[] = [];
  const closed: (() => void)[] = [];
  const afterAnswer: (() => void)[] = [];
  const shells = {
    list: () => [{ name: "a" } as ShellInfo],
    subscribe: (listener: (event: ShellEvent) => void) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    send: () => {},
    watch: () => {
      throw new AgentdError("shell_not_found", "no shell");
    },
  } as Partial<Shells> as Shells;
  const connection = {
    notify: (event: ShellEvent) => notified.push(event),
    onClose: (callback: () => void) => closed.push(callback),
  } as Partial<Connection> as Connection;
  const methods = createMethods({
    web: {} as WebAdmin,
    shells,
    hello: () => ({ version: "1", pid: 1, client: { prefix: "C-]" } }),
    config: { trouble: undefined, reload: () => ({ path: "/c", loadedAt: "", problems: [] }) },
    setLogLevel: () => "info",
    status: () => ({}) as DaemonStatus,
    checkRestart: () => {},
    stop: (request) => stops.push(request),
  });
  const call = { connection, afterAnswer: (callback: () => void) => afterAnswer.push(callback) };
  return { methods, call, listeners, stops, notified, closed, afterAnswer };
}

const forgotten = (name: string): ShellEvent => ({ kind: "forgotten", name });

describe("events.subscribe", () => {
  it("keeps events of the time before its answer until after it, in order", async () => {
    const { methods, call, listeners, notified, afterAnswer } = setUp();
    const answer = methods["events.subscribe"]({}, call);
    for (const listener of listeners) listener(forgotten("early"));
    expect(await answer).toEqual({ shells: [{ name: "a" }] });
    expect(notified).toEqual([]);
    for (const callback of afterAnswer) callback();
    for (const listener of listeners) listener(forgotten("late"));
    expect(notified).toEqual([forgotten("early"), forgotten("late")]);
  });

  it("tells a connection each event once, however often it asks", async () => {
    const { methods, call, listeners, notified, closed, afterAnswer } = setUp();
    for (let i = 0; i < 1000; i++)
      expect(await methods["events.subscribe"]({}, call)).toEqual({ shells: [{ name: "a" }] });
    for (const callback of afterAnswer) callback();
    for (const listener of listeners) listener(forgotten("once"));
    expect([notified, listeners.size, closed.length]).toEqual([[forgotten("once")], 1, 1]);
  });

  it("ends with its connection", async () => {
    const { methods, call, listeners, closed } = setUp();
    await methods["events.subscribe"]({}, call);
    expect(listeners.size).toBe(1);
    for (const callback of closed) callback();
    expect(listeners.size).toBe(0);
  });
});

describe("daemon.stop", () => {
  it("stops after its answer", async () => {
    const { methods, call, stops, afterAnswer } = setUp();
    await methods["daemon.stop"]({ localShells: true }, call);
    expect(stops).toEqual([]);
    for (const callback of afterAnswer) callback();
    expect(stops).toEqual([{ localShells: true, restart: false }]);
  });

  it("refuses to restart without the local shells", async () => {
    const { methods, call } = setUp();
    await expect(methods["daemon.stop"]({ localShells: true, restart: true }, call)).rejects.toMatchObject({
      code: "invalid_params",
    });
  });
});

describe("shell.send", () => {
  it("says how many bytes the base64 held", async () => {
    const { methods, call } = setUp();
    expect(await methods["shell.send"]({ name: "a", data: "aGVsbG8=" }, call)).toEqual({ bytes: 5 });
  });
});

describe("shell.watch", () => {
  it("leaves nothing behind on a connection when there is no such shell", async () => {
    const { methods, call, closed } = setUp();
    for (let i = 0; i < 10; i++)
      await expect(methods["shell.watch"]({ name: "nobody" }, call)).rejects.toThrow("no shell");
    expect(closed).toHaveLength(0);
  });
});
