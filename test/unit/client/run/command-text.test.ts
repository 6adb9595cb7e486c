// The words behind `--`, the sizes and the collected output of `agentd run`.
import { spawnSync } from "node:child_process";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseBytes } from "../../../../client/run/byte-size.js";
import { CollectedOutput } from "../../../../client/run/collected-output.js";
import { commandText } from "../../../../client/run/command-text.js";

const hard = [
  "",
  " ",
  "a b",
  "it's",
  "''",
  "\\",
  "a\\",
  "\\'",
  "'\\\\'",
  '"',
  "$x",
  "`x`",
  "!a",
  "*",
  "~",
  "a\nb",
  "ä",
  "#",
  "-n",
  "{a,b}",
  "^",
  "%self",
];

describe("commandText", () => {
  it("leaves one word as it is", () => {
    expect(commandText(["cd /tmp; ls | wc"])).toBe("cd /tmp; ls | wc");
  });

  it.each(["bash", "dash", "zsh", "fish"])("several words reach a program in %s as they are", (shell) => {
    if (spawnSync(shell, ["-c", "true"]).status !== 0) return;
    const show = ["printf", "<%s>", ...hard];
    const { stdout } = spawnSync(shell, ["-c", commandText(show)], { encoding: "utf8" });
    expect(stdout).toBe(hard.map((word) => `<${word}>`).join(""));
  });
});

describe("amounts", () => {
  it("reads sizes", () => {
    expect([parseBytes("0"), parseBytes("64K"), parseBytes("10MiB")]).toEqual([0, 65_536, 10_485_760]);
    expect(() => parseBytes("ten")).toThrow("write 4096, 64K or 10M");
  });
});

describe("CollectedOutput", () => {
  it("keeps the beginning and the end of what is too long, whatever the pieces", () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ max: 40 })), fc.integer({ min: 0, max: 100 }), (parts, max) => {
        const collected = new CollectedOutput(max);
        const all = Buffer.concat(parts.map((part) => part.map((byte) => byte & 0x7f)));
        let at = 0;
        for (const { length } of parts) {
          collected.write(all.subarray(at, at + length));
          at += length;
        }
        const json = collected.json();
        if (all.length <= max) {
          expect(json).toEqual({ output: all.toString() });
          return;
        }
        const omittedAt = Math.ceil(max / 2);
        const output = Buffer.concat([
          all.subarray(0, omittedAt),
          all.subarray(all.length - (max - omittedAt)),
        ]).toString();
        expect(json).toEqual({ output, truncated: true, omittedBytes: all.length - max, omittedAt });
      }),
      { seed: 20261121 },
    );
  });

  it("adds the exact bytes where they are no UTF-8", () => {
    const collected = new CollectedOutput(10);
    collected.write(Uint8Array.of(0xff, 0x61));
    expect(collected.json()).toEqual({ output: "\ufffda", outputBase64: "/2E=" });
  });
});
