// The calls of one connection, without a connection.
import { expect, it } from "vitest";
import { Calls } from "../../../../daemon/server/calls.js";
import type { Call, Connection } from "../../../../daemon/server/connection.js";
import { type MethodTable, RpcServer } from "../../../../daemon/server/rpc-server.js";
import type { ServerLog } from "../../../../daemon/server/server-log.js";

const log: ServerLog = { debug() {}, info() {}, warn() {}, error() {}, child: () => log };

const NO_CALL = Buffer.from("no call");

/** Greeted; the clock is the test's. */
async function greeted() {
  const seen = { nowMs: 0, answers: 0, isHopeless: false };
  const hello = async () => ({ protocol: 1, version: "0", pid: 1, client: { prefix: "C-]" } });
  const calls: Calls = new Calls({
    rpc: new RpcServer<Call>({ hello } as Partial<MethodTable<Call>> as MethodTable<Call>),
    connection: {} as Connection,
    now: () => seen.nowMs,
    log: () => log,
    write: () => {
      seen.answers += 1;
    },
    onAttach: () => {},
    onAnswered: () => {},
    onHopeless: () => {
      seen.isHopeless = true;
    },
  });
  calls.greeting.accept(1);
  const refuse = (count: number) => {
    for (let n = 0; n < count; n++) calls.handle(NO_CALL);
  };
  return { seen, refuse };
}

it("gives up a client at its 65th refused call within a minute", async () => {
  const { refuse, seen } = await greeted();
  refuse(32);
  seen.nowMs = 59_000;
  refuse(32);
  expect(seen).toMatchObject({ answers: 64, isHopeless: false });
  refuse(1);
  expect(seen.isHopeless).toBe(true);
});

it("forgets refused calls in time: one that is now and then too busy is not broken", async () => {
  const { refuse, seen } = await greeted();
  for (let minute = 0; minute < 100; minute++) {
    seen.nowMs = minute * 61_000;
    refuse(3);
  }
  expect(seen).toMatchObject({ answers: 300, isHopeless: false });
});
