import { createHash, createHmac } from "node:crypto";
import { describe, expect, it } from "vitest";
import { Door, doorText } from "../../../../../client/web/link/door.js";

const HOST = "127.0.0.1:4711";
const KEY = "k".repeat(43);
const TOKEN = "t".repeat(43);
/** As a daemon computes it that keeps only hashes. */
const proof = (secret: string, nonce: string) =>
  createHmac("sha256", createHash("sha256").update(secret).digest())
    .update(`${nonce} ${HOST}`)
    .digest("base64url");

function world(answer: (path: string, body: Record<string, string>) => Response) {
  const stored = new Map<string, string>();
  const asked: { path: string; body: string }[] = [];
  const door = new Door({
    host: HOST,
    fetch: async (path, init) => {
      asked.push({ path, body: String(init.body) });
      return answer(path, JSON.parse(String(init.body)) as Record<string, string>);
    },
    storage: {
      getItem: (name) => stored.get(name) ?? null,
      setItem: (name, value) => void stored.set(name, value),
      removeItem: (name) => void stored.delete(name),
    },
  });
  return { door, asked, stored };
}

const json = (value: unknown, status = 200) => new Response(JSON.stringify(value), { status });
const good = (path: string, { key = "", nonce = "" }: Record<string, string>) =>
  path === "/session"
    ? json({ token: TOKEN, proof: proof(key, nonce) })
    : json({ proof: proof(TOKEN, nonce) });

describe("the way into the page", () => {
  it("exchanges the key, and gives the token out after a proof", async () => {
    const { door, asked } = world(good);
    await door.enter(KEY);
    expect(await door.provenToken()).toBe(TOKEN);
    expect(asked.map(({ path }) => path)).toEqual(["/session", "/session/prove"]);
  });

  it("tells nobody the token who cannot prove to have issued it, and sends it in no request", async () => {
    let honest = true;
    const { door, asked } = world((path, body) =>
      honest ? good(path, body) : json({ proof: proof("guess", body["nonce"]!) }),
    );
    await door.enter(KEY);
    honest = false;
    await expect(door.provenToken()).rejects.toMatchObject({ why: "stranger" });
    expect(asked.some(({ body }) => body.includes(TOKEN))).toBe(false);
  });

  it.each<[string, () => Response | Promise<Response>, boolean, string]>([
    ["nobody answers", () => Promise.reject(new TypeError("Failed to fetch")), true, "unreachable"],
    ["somebody answers with a guess", () => json({ proof: "A".repeat(43) }), false, "stranger"],
    ["somebody answers with a page", () => new Response("<html>"), false, "stranger"],
    ["somebody answers that nothing is there", () => new Response("", { status: 404 }), false, "stranger"],
    ["somebody leads elsewhere", () => Response.redirect("http://127.0.0.1/"), false, "stranger"],
    ["somebody says that it has ended", () => json({}, 401), false, "ended"],
    ["somebody says to wait", () => json({}, 429), false, "busy"],
    ["somebody says that he is broken", () => json({}, 500), false, "unreachable"],
    ["somebody is silent", () => Promise.reject(new DOMException("", "TimeoutError")), false, "unreachable"],
  ])(
    "leaves the token for the next page only while no stranger may be there: %s",
    async (_, answer, kept, why) => {
      let isAway = false;
      const { door, stored } = world((path, body) => (isAway ? (answer() as Response) : good(path, body)));
      await door.enter(KEY);
      isAway = true;
      await expect(door.provenToken()).rejects.toMatchObject({ why });
      expect([...stored.values()]).toEqual(kept ? [TOKEN] : []);
      // This page goes on with it when its daemon is back.
      isAway = false;
      expect(await door.provenToken()).toBe(TOKEN);
      expect([...stored.values()]).toEqual([TOKEN]);
    },
  );

  it("asks with another nonce each time, so that no answer can be kept for later", async () => {
    const { door, asked } = world(good);
    await door.enter(KEY);
    await door.provenToken();
    await door.provenToken();
    const nonces = asked.map(({ body }) => (JSON.parse(body) as { nonce: string }).nonce);
    expect(new Set(nonces).size).toBe(3);
  });

  it("keeps no token whose proof is wrong", async () => {
    const { door, stored } = world(() => json({ token: TOKEN, proof: "AAAA" }));
    await expect(door.enter(KEY)).rejects.toMatchObject({ why: "stranger" });
    expect(stored.size).toBe(0);
  });

  it.each<[string, () => Response, string]>([
    ["a used key", () => json({}, 401), "used"],
    ["too many attempts", () => json({}, 429), "busy"],
    ["a page that is no daemon", () => new Response("<html>"), "stranger"],
  ])("says what %s means", async (_what, answer, why) => {
    await expect(world(answer).door.enter(KEY)).rejects.toMatchObject({ why });
  });

  it("has words with a next step for every way to fail", () => {
    for (const why of ["used", "ended", "stranger", "busy", "unreachable", "none"] as const)
      expect(doorText(why).text, why).toMatch(/agentd|Wait/);
  });
});
