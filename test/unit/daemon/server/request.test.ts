// What is a request, and what is refused before, while and after it is parsed.

import { describe, expect, it } from "vitest";
import { isShallowJson } from "../../../../daemon/server/json-depth.js";
import { BadRequest, readRequest } from "../../../../daemon/server/request.js";
import { fc } from "../../../support/property.js";

const read = (text: string) => readRequest(Buffer.from(text));
const nested = (depth: number) => `${"[".repeat(depth)}${"]".repeat(depth)}`;

describe("readRequest", () => {
  it("reads a call", () => {
    expect(read('{"jsonrpc":"2.0","id":7,"method":"shell.info","params":{"name":"a"}}')).toEqual({
      jsonrpc: "2.0",
      id: 7,
      method: "shell.info",
      params: { name: "a" },
    });
  });

  it("takes absent params as none", () => {
    expect(read('{"jsonrpc":"2.0","id":"x","method":"shell.list"}')).toMatchObject({ params: {} });
  });

  it.each([
    ["[]", "invalid_request", null],
    [' \t[{"jsonrpc":"2.0","id":1,"method":"hello"}]', "invalid_request", null],
    ["{", "parse_error", null],
    ["\u0000", "parse_error", null],
    ["null", "invalid_request", null],
    ['"hello"', "invalid_request", null],
    ['{"jsonrpc":"2.0","method":"shell.kill","params":{"name":"a"}}', "invalid_request", null],
    ['{"jsonrpc":"2.0","id":null,"method":"hello"}', "invalid_request", null],
    ['{"jsonrpc":"2.0","id":1.5,"method":"hello"}', "invalid_request", null],
    ['{"jsonrpc":"2.0","id":9007199254740992,"method":"hello"}', "invalid_request", null],
    [`{"jsonrpc":"2.0","id":"${"x".repeat(65)}","method":"hello"}`, "invalid_request", null],
    ['{"jsonrpc":"2.0","id":{},"method":"hello"}', "invalid_request", null],
    ['{"id":3,"method":"hello"}', "invalid_request", 3],
    ['{"jsonrpc":"2.0","id":3}', "invalid_request", 3],
    ['{"jsonrpc":"2.0","id":3,"method":5}', "invalid_request", 3],
    ['{"jsonrpc":"2.0","id":3,"method":"hello","params":[1]}', "invalid_params", 3],
    ['{"jsonrpc":"2.0","id":3,"method":"hello","params":null}', "invalid_params", 3],
    ['{"__proto__":{"jsonrpc":"2.0","id":3,"method":"hello"}}', "invalid_request", null],
  ])("refuses %s as %s", (text, code, id) => {
    expect(read(text)).toMatchObject({ error: { code }, id });
  });

  it("refuses bytes that are not UTF-8", () => {
    expect(readRequest(Uint8Array.of(0x22, 0xff, 0x22))).toMatchObject({ error: { code: "parse_error" } });
  });

  it("accepts a depth of 32 and refuses 33 before it is parsed", () => {
    const call = (depth: number) =>
      `{"jsonrpc":"2.0","id":1,"method":"m","params":{"a":${nested(depth - 2)}}}`;
    expect(read(call(32))).toMatchObject({ method: "m" });
    expect(read(call(33))).toMatchObject({ error: { code: "parse_error" }, id: null });
  });

  it("returns something for any bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        const result = readRequest(bytes);
        if (result instanceof BadRequest) expect(result.error.message).not.toBe("");
      }),
    );
  });
});

describe("isShallowJson", () => {
  it("agrees with a count over the parsed value", () => {
    const depthOf = (value: unknown): number =>
      typeof value === "object" && value !== null
        ? 1 + Math.max(0, ...Object.values(value as object).map(depthOf))
        : 0;
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 6 }), fc.nat(8), (value, max) => {
        expect(isShallowJson(Buffer.from(JSON.stringify(value)), max)).toBe(depthOf(value) <= max);
      }),
    );
  });

  it("does not count brackets in strings, nor end a string at an escaped quote", () => {
    expect(isShallowJson(Buffer.from(String.raw`"\"[[[[\\"`), 0)).toBe(true);
    expect(isShallowJson(Buffer.from(String.raw`"\\"[`), 0)).toBe(false);
  });
});
