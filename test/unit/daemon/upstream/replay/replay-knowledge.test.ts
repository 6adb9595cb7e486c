import { describe, expect, it } from "vitest";
import { ReplayKnowledge } from "../../../../../daemon/upstream/replay/replay-knowledge.js";

describe("ReplayKnowledge", () => {
  it("knows nothing at first, and each server by itself", () => {
    const knowledge = new ReplayKnowledge();
    knowledge.learn("a", "last-bytes");
    expect([knowledge.modelOf("a"), knowledge.modelOf("b")]).toEqual(["last-bytes", "unknown"]);
  });

  it("believes neither model after evidence for both, and then what it sees next", () => {
    const knowledge = new ReplayKnowledge();
    knowledge.learn("a", "since-detach");
    knowledge.learn("a", "last-bytes");
    expect(knowledge.modelOf("a")).toBe("unknown");
    knowledge.learn("a", "last-bytes");
    expect(knowledge.modelOf("a")).toBe("last-bytes");
    knowledge.learn("a", "unknown");
    expect(knowledge.modelOf("a")).toBe("unknown");
  });

  it("forgets the server that nothing was learned about for longest", () => {
    const knowledge = new ReplayKnowledge();
    for (let n = 0; n < 256; n++) knowledge.learn(`server ${n}`, "last-bytes");
    knowledge.learn("server 0", "last-bytes");
    knowledge.learn("one more", "since-detach");
    expect(knowledge.modelOf("server 0")).toBe("last-bytes");
    expect(knowledge.modelOf("server 1")).toBe("unknown");
    expect(knowledge.modelOf("server 2")).toBe("last-bytes");
  });
});
