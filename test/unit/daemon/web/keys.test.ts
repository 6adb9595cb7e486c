import { createHash, createHmac, randomBytes } from "node:crypto";
import { describe, expect, it } from "vitest";
import { WebKeys } from "../../../../daemon/web/keys.js";
import { FailureLimit } from "../../../../daemon/web/limits.js";
import type { StoredPass } from "../../../../daemon/web/pass.js";
import { fc } from "../../../support/property.js";

const HOST = "127.0.0.1:4711";
const NONCE = "0123456789abcdefghijkl";
const sha = (text: string) => createHash("sha256").update(text).digest();

function world(stored?: readonly StoredPass[]) {
  const time = { ms: 1_000_000 };
  const keys = new WebKeys({
    now: () => time.ms,
    random: randomBytes,
    ...(stored === undefined ? {} : { stored }),
  });
  return { time, keys };
}

const owner = { kind: "owner", readOnly: false } as const;

describe("one-time keys", () => {
  it("open once, within their minute, with a proof that only their maker can give", () => {
    const { keys, time } = world();
    const { key } = keys.issue(owner);
    expect(key).toMatch(/^[\w-]{43}$/);
    time.ms += 59_999;
    const session = keys.exchange(key, NONCE, HOST);
    expect(session?.proof).toBe(
      createHmac("sha256", sha(key)).update(`${NONCE} ${HOST}`).digest("base64url"),
    );
    expect(session?.token).toMatch(/^[\w-]{43}$/);
    expect(keys.exchange(key, NONCE, HOST)).toBeUndefined();
    const late = keys.issue(owner).key;
    time.ms += 60_000;
    expect(keys.exchange(late, NONCE, HOST)).toBeUndefined();
    expect(keys.list()).toHaveLength(1);
  });

  it("are not spent by a nonce that is none", () => {
    const { keys } = world();
    const { key } = keys.issue(owner);
    for (const nonce of [undefined, "", "short", "x".repeat(129), "+".repeat(22), 5, {}])
      expect(keys.exchange(key, nonce, HOST)).toBeUndefined();
    expect(keys.exchange(key, NONCE, HOST)).toBeDefined();
  });

  it("open nothing as tokens, and tokens nothing as keys", () => {
    const { keys } = world();
    const { key } = keys.issue(owner);
    expect(keys.open(key)).toBeUndefined();
    const { token = "" } = keys.exchange(key, NONCE, HOST) ?? {};
    expect(keys.exchange(token, NONCE, HOST)).toBeUndefined();
    expect(keys.open(key)).toBeUndefined();
    expect(keys.open(token)).toMatchObject({ kind: "owner" });
  });
});

describe("tokens", () => {
  it("are proved by their hash alone, before and after a restart, which keeps no token", () => {
    const { keys } = world();
    const { token = "" } = keys.exchange(keys.issue(owner).key, NONCE, HOST) ?? {};
    const stored = keys.stored();
    expect(JSON.stringify(stored)).not.toContain(token);
    const next = world(stored).keys;
    const tokenId = sha(token).subarray(0, 8).toString("base64url");
    const proof = createHmac("sha256", sha(token)).update(`${NONCE} ${HOST}`).digest("base64url");
    for (const each of [keys, next]) {
      expect(each.prove(tokenId, NONCE, HOST)).toBe(proof);
      expect(each.open(token)).toMatchObject({ kind: "owner", isOpened: true });
      expect(each.prove("AAAAAAAAAAA", NONCE, HOST)).toBeUndefined();
      expect(each.prove(undefined, NONCE, HOST)).toBeUndefined();
    }
  });

  it("follow their shell through any number of renames, and end with it", () => {
    const { keys } = world();
    keys.issue({ kind: "link", readOnly: true, shell: "a" });
    keys.issue({ kind: "link", readOnly: true, shell: "b" });
    keys.issue(owner);
    expect([keys.follow("a", "c"), keys.follow("c", "d"), keys.follow("a", "x")]).toEqual([
      true,
      true,
      false,
    ]);
    expect(keys.list().map(({ shell }) => shell)).toEqual(["d", "b", undefined]);
    expect(keys.follow("d", undefined)).toBe(true);
    expect(keys.list().map(({ shell }) => shell)).toEqual(["b", undefined]);
  });

  it("open exactly what was given out and is not over, whatever is shown", () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string(), fc.base64String(), fc.stringMatching(/^[\w-]{43}$/), fc.anything()),
        (shown) => {
          const { keys } = world();
          keys.exchange(keys.issue(owner).key, NONCE, HOST);
          keys.issue(owner);
          expect(keys.open(shown)).toBeUndefined();
          expect(keys.exchange(shown, NONCE, HOST)).toBeUndefined();
          expect(keys.prove(shown, NONCE, HOST)).toBeUndefined();
        },
      ),
    );
  });
});

describe("the count of wrong ones", () => {
  it("closes the door with the tenth in a minute, for a minute", () => {
    const time = { ms: 0 };
    const limit = new FailureLimit(() => time.ms);
    for (let i = 0; i < 9; i++) limit.count();
    expect(limit.isClosed).toBe(false);
    time.ms = 60_000;
    limit.count();
    expect(limit.isClosed).toBe(false);
    for (let i = 0; i < 9; i++) limit.count();
    expect(limit.isClosed).toBe(true);
    time.ms += 59_999;
    expect(limit.isClosed).toBe(true);
    time.ms += 1;
    expect(limit.isClosed).toBe(false);
  });
});
