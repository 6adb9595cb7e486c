// What the page says: in its own words where it has something to press, and right for whoever reads it.
import { describe, expect, it } from "vitest";
import { DoorClosed } from "../../../../client/web/link/door.js";
import { failureOf } from "../../../../client/web/link/ending.js";
import { finalCloseText, finalText } from "../../../../client/web/link/reconnect-wait.js";
import { SocketClosed } from "../../../../client/web/link/rpc-socket.js";
import { inPageWords } from "../../../../client/web/page-words.js";
import { pageLine, Trouble } from "../../../../client/web/terminal/trouble.js";
import { AgentdError } from "../../../../shared/errors.js";

const owner = { mayTake: true };
const guest = { mayTake: false };

describe("a sentence that names a command", () => {
  it.each([
    ["name 'a' exists · agentd attach a", "name 'a' exists · it is in the list"],
    ["name 'b' exists · agentd ls shows what there is", "name 'b' exists · the list shows what there is"],
    ["agentd holds a, b · agentd kill one of them", "agentd holds a, b · kill one of them in the list"],
    [
      "a was taken by another client · agentd attach --take a",
      "a was taken by another client · the menu takes it back",
    ],
    // The page has nothing for these.
    ["run: aws sso login", "run: aws sso login"],
    ["agentd kill --force a forgets it all the same", "agentd kill --force a forgets it all the same"],
  ])("%s", (text, expected) => {
    expect(inPageWords(text)).toBe(expected);
  });

  it("is not said of a clipboard or of a shell that was taken", () => {
    const trouble = new Trouble();
    trouble.note({ kind: "taken" });
    for (const line of [
      pageLine("work", { kind: "blocked", what: "clipboard", bytes: 12 }, 0),
      trouble.line("work", 0, owner),
      trouble.line("work", 0, guest),
    ])
      expect(line).not.toContain("agentd ");
    expect(trouble.line("work", 0, owner)).toContain("the menu takes it back");
    expect(trouble.line("work", 0, guest)).toContain("its owner can take it back");
  });
});

describe("trouble", () => {
  it("stands from the notice that says it to the one that ends it", () => {
    const trouble = new Trouble();
    expect(trouble.line("work", 0, owner)).toBeUndefined();
    expect(trouble.note({ kind: "lost", attempt: 2, reason: "" })).toBe(true);
    expect(trouble.line("work", 0, owner)).toMatch(/^link lost · retry 2/);
    expect(trouble.note({ kind: "skipped", bytes: 5 })).toBe(false);
    expect(trouble.line("work", 0, owner)).toMatch(/^link lost/);
    trouble.note({ kind: "back", verdict: "same", bytesLost: 0 });
    expect(trouble.line("work", 0, owner)).toBeUndefined();
  });
});

describe("the end of a link", () => {
  it("offers no second try where none can help, and promises nothing of shells that may be gone", () => {
    for (const closed of [finalCloseText(4001), finalCloseText(4002), finalText(new DoorClosed("ended"))]) {
      expect(closed?.again).toBe(false);
      expect(closed?.text).not.toMatch(/live on|[Yy]our shell/);
    }
    expect(finalText(new DoorClosed("stranger"))?.again).toBe(true);
    expect(failureOf("work", new SocketClosed(4002))).toMatchObject({ tone: "cut", again: false });
  });

  it("says when the name is another shell's now", () => {
    const gone = new AgentdError("shell_not_found", "x", { details: { namesake: true } });
    expect(failureOf("work", gone)?.text).toMatch(/another one has its name/);
    expect(failureOf("work", new AgentdError("shell_not_found", "x"))?.text).toMatch(/forgotten/);
    expect(failureOf("work", new AgentdError("too_busy", "x"))).toBeUndefined();
  });
});
