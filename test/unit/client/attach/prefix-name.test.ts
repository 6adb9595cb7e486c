import { describe, expect, it } from "vitest";
import { prefixHelp } from "../../../../client/attach/prefix-name.js";

const role = { prefix: { prefix: 0x1d }, readOnly: false, ignoreSize: false };

describe("the help behind the prefix key", () => {
  it("names every key", () => {
    expect(prefixHelp(role)).toBe(
      "Ctrl-] then: d detach · Ctrl-] send it · . leave now · r redraw · s switch · t take keys",
    );
  });

  it("offers no lead to a window that never decides the size", () => {
    expect(prefixHelp({ ...role, ignoreSize: true })).not.toContain("take keys");
  });

  it("offers a window that only watches nothing that it may not do", () => {
    expect(prefixHelp({ ...role, readOnly: true })).toBe(
      "Ctrl-] then: d detach · . leave now · r redraw · s switch",
    );
  });
});
