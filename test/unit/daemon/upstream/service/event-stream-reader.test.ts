// The decoder of the event stream: against the official encoder, cut anywhere, and against everything that is not the encoding.
import { EventStreamCodec } from "@smithy/eventstream-codec";
import { describe, expect, it } from "vitest";
import { encodeChunk, encodeEvent } from "../../../../../daemon/local/event-stream.js";
import { commandEvent } from "../../../../../daemon/upstream/service/command-events.js";
import {
  type EventMessage,
  EventStreamReader,
} from "../../../../../daemon/upstream/service/event-stream-reader.js";
import { crc32 } from "../../../../../shared/crc32.js";
import { fc } from "../../../../support/property.js";

const official = new EventStreamCodec(
  (bytes) => Buffer.from(bytes as Uint8Array).toString("utf8"),
  (text) => Buffer.from(text, "utf8"),
);

const header = fc.oneof(
  fc.record({ type: fc.constant("string" as const), value: fc.string({ maxLength: 40, unit: "grapheme" }) }),
  fc.record({ type: fc.constant("boolean" as const), value: fc.boolean() }),
  fc.record({ type: fc.constant("byte" as const), value: fc.integer({ min: -128, max: 127 }) }),
  fc.record({ type: fc.constant("short" as const), value: fc.integer({ min: -32768, max: 32767 }) }),
  fc.record({ type: fc.constant("integer" as const), value: fc.integer() }),
  fc.record({ type: fc.constant("binary" as const), value: fc.uint8Array({ maxLength: 40 }) }),
  fc.record({ type: fc.constant("timestamp" as const), value: fc.date({ noInvalidDate: true }) }),
);
const message = fc.record({
  headers: fc.dictionary(fc.stringMatching(/^[a-z:-]{1,20}$/), header, { maxKeys: 5, noNullPrototype: true }),
  body: fc.uint8Array({ maxLength: 300 }),
});

/** Pushes `bytes` in pieces of the given lengths, over and over. */
function readInPieces(bytes: Uint8Array, lengths: readonly number[]): EventMessage[] {
  const reader = new EventStreamReader();
  const messages: EventMessage[] = [];
  for (let at = 0, turn = 0; at < bytes.length; turn++) {
    const length = lengths[turn % lengths.length] ?? 1;
    messages.push(...reader.push(bytes.subarray(at, at + length)));
    at += length;
  }
  return messages;
}

const failure = (bytes: Uint8Array): string => {
  try {
    new EventStreamReader().push(bytes).next();
  } catch (error) {
    expect(error).toMatchObject({ code: "upstream_failed" });
    return (error as Error).message;
  }
  throw new Error("was accepted");
};

/** The first bytes of a message, with a right checksum. */
function prelude(length: number, headerBytes: number): Buffer {
  const bytes = Buffer.alloc(12);
  bytes.writeUInt32BE(length, 0);
  bytes.writeUInt32BE(headerBytes, 4);
  bytes.writeUInt32BE(crc32(bytes.subarray(0, 8)), 8);
  return bytes;
}

describe("EventStreamReader", () => {
  it("reads what the official encoder writes, however it is cut", () => {
    fc.assert(
      fc.property(
        fc.array(message, { minLength: 1, maxLength: 5 }),
        fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 5 }),
        (messages, lengths) => {
          const bytes = Buffer.concat(messages.map((each) => official.encode(each)));
          const read = readInPieces(bytes, lengths);
          expect(read.map(({ payload }) => Buffer.from(payload).toString("hex"))).toEqual(
            messages.map(({ body }) => Buffer.from(body).toString("hex")),
          );
          for (const [index, { headers }] of messages.entries()) {
            const strings = Object.entries(headers).filter(([, { type }]) => type === "string");
            expect(Object.fromEntries(read[index]?.headers ?? [])).toEqual(
              Object.fromEntries(strings.map(([name, { value }]) => [name, value])),
            );
          }
        },
      ),
    );
  });

  it("notices every single byte that is wrong", () => {
    const good = encodeChunk({ contentDelta: { stdout: "hello" } });
    fc.assert(
      fc.property(fc.nat({ max: good.length - 1 }), fc.integer({ min: 1, max: 255 }), (at, flip) => {
        const bad = Uint8Array.from(good);
        bad[at] = (bad[at] ?? 0) ^ flip;
        expect(failure(bad)).toContain("cannot be read");
      }),
    );
  });

  it("refuses lengths that cannot be, before it waits for so many bytes", () => {
    expect(failure(prelude(2 ** 31, 0))).toContain("too long");
    expect(failure(prelude(1024 * 1024 + 1, 0))).toContain("too long");
    expect(failure(prelude(200_000, 130 * 1024))).toContain("too long");
    expect(failure(prelude(15, 0))).toContain("too short");
    expect(failure(prelude(40, 30))).toContain("too short");
  });

  it("tells what came before a fault, when both came at once", () => {
    const messages = new EventStreamReader().push(
      Buffer.concat([
        encodeChunk({ contentDelta: { stdout: "some" } }),
        Buffer.from("<html>not this</html>"),
      ]),
    );
    expect(commandEvent(messages.next().value as EventMessage)).toMatchObject({ text: "some" });
    expect(() => messages.next()).toThrow("cannot be read");
  });

  it("never does anything but read or refuse", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        try {
          Array.from(new EventStreamReader().push(bytes));
        } catch (error) {
          expect(error).toMatchObject({ code: "upstream_failed" });
        }
      }),
    );
  });
});

describe("commandEvent", () => {
  const event = (headers: Record<string, string>, payload: unknown) =>
    commandEvent(readInPieces(encodeEvent(headers, payload), [7])[0] as EventMessage);
  const chunk = (payload: unknown) => event({ ":message-type": "event", ":event-type": "chunk" }, payload);

  it("reads the three events of the protocol", () => {
    expect(chunk({ contentStart: {} })).toEqual({ kind: "other" });
    expect(chunk({ contentDelta: { stdout: "a" } })).toEqual({ kind: "output", stream: "stdout", text: "a" });
    expect(chunk({ contentDelta: { stderr: "b" } })).toEqual({ kind: "output", stream: "stderr", text: "b" });
    expect(chunk({ contentStop: { exitCode: 3, status: "COMPLETED" } })).toEqual({
      kind: "stop",
      exitCode: 3,
      status: "COMPLETED",
    });
    expect(chunk({ contentStop: { exitCode: -1, status: "TIMED_OUT" } })).toMatchObject({
      status: "TIMED_OUT",
    });
  });

  it("reads a failure in each of its forms, with the service's words made printable", () => {
    const denied = event(
      { ":message-type": "exception", ":exception-type": "accessDeniedException" },
      { message: "no\u001b[31m" },
    );
    expect(denied).toMatchObject({ kind: "failed", error: { code: "access_denied" } });
    expect(denied.kind === "failed" && denied.error.message).toContain("no^[[31m");
    expect(
      event({ ":message-type": "event", ":event-type": "runtimeClientError" }, { message: "x" }),
    ).toMatchObject({
      kind: "failed",
      error: { code: "upstream_failed" },
    });
    const error = event({ ":message-type": "error", ":error-code": "Busy", ":error-message": "later" }, {});
    expect(error.kind === "failed" && error.error.message).toContain("(Busy) · later");
  });

  it("takes no end without an exit code for an end", () => {
    expect(() => chunk({ contentStop: { status: "COMPLETED" } })).toThrow("no exit code");
    expect(() => chunk({ contentStop: { exitCode: "0" } })).toThrow("no exit code");
    expect(chunk({ something: 1 })).toEqual({ kind: "other" });
  });
});
