import { expect, it } from "vitest";
import { parseKnobs } from "../../../daemon/local/knobs.js";

it.each(["exitCloseCode", "killCloseCode"] as const)("takes for %s only codes that can be sent", (name) => {
  for (const code of [1000, 1001, 1003, 1007, 1014, 3000, 4999])
    expect(parseKnobs({ [name]: code })[name]).toBe(code);
  // Reserved, or of nobody: with them `ws` throws at the moment of closing.
  for (const code of [0, 999, 1004, 1005, 1006, 1015, 2999, 5000, 70_000, 1000.5, "1000"])
    expect(() => parseKnobs({ [name]: code })).toThrow(`'${name}' must be a close code`);
});

it("takes no reason that does not fit a close frame", () => {
  expect(parseKnobs({ ttlReason: "é".repeat(61) }).ttlReason).toHaveLength(61);
  expect(() => parseKnobs({ ttlReason: "é".repeat(62) })).toThrow("'ttlReason' must be");
});

it("takes no time that a timer cannot wait: it would be over at once", () => {
  expect(parseKnobs({ sessionLifetimeMs: 2 ** 31 - 1, coldStartMs: 2 ** 31 - 1 })).toMatchObject({
    sessionLifetimeMs: 2 ** 31 - 1,
  });
  for (const name of ["sessionLifetimeMs", "coldStartMs", "connectionTtlMs", "killDelayMs"])
    expect(() => parseKnobs({ [name]: 2 ** 31 })).toThrow(`'${name}' must be`);
  expect(parseKnobs({ commandOutputBytes: 2 ** 40 }).commandOutputBytes).toBe(2 ** 40);
});
