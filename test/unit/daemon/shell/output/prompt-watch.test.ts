// OSC 133 as shells and frameworks write it, cut anywhere.

import { describe, expect, it } from "vitest";
import { PromptWatch } from "../../../../../daemon/shell/output/prompt-watch.js";
import { fc } from "../../../../support/property.js";

const encoder = new TextEncoder();
const stateAfter = (...texts: readonly string[]) => {
  const watch = new PromptWatch();
  for (const text of texts) watch.push(encoder.encode(text));
  return watch.state;
};
const mark = (body: string, end = "\x1b\\") => `\x1b]133;${body}${end}`;

describe("PromptWatch", () => {
  it("knows nothing of a program that marks nothing", () => {
    expect(stateAfter("$ ls\r\n\x1b]0;title\x07\x1b[31m\x1b]13")).toBeUndefined();
    expect(stateAfter("\x1b]1337;SetUserVar=a\x07", "\x1b]1330;A\x07", "]133;A\x07")).toBeUndefined();
  });

  it.each([
    ["the prompt is drawn", mark("A"), { phase: "prompt" }],
    ["typing begins", `${mark("A")}$ ${mark("B")}`, { phase: "input" }],
    ["a bell ends it too", `${mark("A", "\x07")}$ ${mark("B", "\x07")}`, { phase: "input" }],
    ["with fields", `${mark("A;aid=12;cl=m")}$ ${mark("B;x=1")}`, { phase: "input" }],
    ["a command runs", mark("B") + mark("C;cmdline_url=ls"), { phase: "running" }],
    ["it ended", mark("C") + mark("D;130"), { phase: "prompt", exitCode: 130 }],
    ["it ended without a status", mark("C") + mark("D"), { phase: "prompt" }],
    [
      "the status stays until the next one",
      mark("D;2;aid=1") + mark("A") + mark("B"),
      { phase: "input", exitCode: 2 },
    ],
    [
      "nonsense changes nothing",
      mark("B") + mark("Z") + mark("") + mark("D;x").slice(0, 7),
      { phase: "input" },
    ],
    ["a mark that is cut off by a control character", `${mark("C")}\x1b]133;B\r\n`, { phase: "running" }],
    ["an escape inside begins anew", `${mark("C")}\x1b]13\x1b]133;A\x07`, { phase: "prompt" }],
  ])("%s", (_what, text, state) => {
    expect(stateAfter(text)).toEqual(state);
  });

  it("does not care where the output is cut", () => {
    const part = fc.constantFrom(
      mark("A"),
      mark("B", "\x07"),
      mark("C"),
      mark("D;1"),
      "text",
      "\x1b[m",
      "\x1b",
      "\x1b]133;",
      "\x07",
    );
    fc.assert(
      fc.property(fc.array(part), fc.array(fc.nat(200)), (parts, cuts) => {
        const text = parts.join("");
        const places = [...new Set([0, ...cuts.map((cut) => cut % (text.length + 1)), text.length])].sort(
          (a, b) => a - b,
        );
        const pieces = places.map((place, index) => text.slice(place, places[index + 1] ?? text.length));
        expect(stateAfter(...pieces)).toEqual(stateAfter(text));
      }),
    );
  });
});
