// What the documentation says about the code is held against the code.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { defaultKnobs } from "../daemon/local/knobs.js";
import { paramChecks } from "../daemon/server/params.js";

const root = join(import.meta.dirname, "..");
const page = (name: string) => readFileSync(join(root, name), "utf8");

describe("documentation", () => {
  it("lists every knob of the local runtime with its default", () => {
    const text = page("docs/runtime.md");
    for (const [name, value] of Object.entries(defaultKnobs)) {
      const row = text.split("\n").find((line) => line.startsWith(`| \`${name}\` |`));
      expect(row, name).toBeDefined();
      if (typeof value !== "object") expect(row, name).toContain(`\`${value === "" ? '""' : value}\``);
    }
  });

  it("lists every method of the local socket", () => {
    for (const method of Object.keys(paramChecks))
      expect(page("docs/protocol.md")).toContain(`\`${method}\``);
  });

  it("names the same two first commands in the README and in CI", () => {
    const blocks = [...page("README.md").matchAll(/```sh\n([\s\S]*?)```/g)].map((match) => match[1]?.trim());
    expect(blocks.slice(0, 2)).toEqual(["npm ci && npm run -s demo", "npm ci && npm test"]);
    expect(page(".ci/run")).toMatch(/^npm ci .*$[\s\S]*^npm test /m);
  });

  it("names no path of a machine and no download address", () => {
    expect(page("package-lock.json")).not.toMatch(/"resolved": *"http/);
    for (const name of [
      "README.md",
      "docs/protocol.md",
      "docs/architecture.md",
      "docs/run.md",
      "docs/runtime.md",
      "docs/reliability.md",
      "docs/security.md",
      "docs/speed.md",
      "docs/doctor.md",
      "docs/service.md",
      "docs/web.md",
      "CHANGELOG.md",
    ]) {
      expect(page(name), name).not.toMatch(/\/work\/|\/root\//);
    }
  });
});

/** First cell of a row of the README's table → the test that backs it: file and title. */
const backing: Readonly<Record<string, readonly [file: string, title: string]>> = {
  "the Wi-Fi drops": ["e2e/what-happens-when.test.ts", "the Wi-Fi drops: the loss is said"],
  "you regret what you typed offline": ["e2e/what-happens-when.test.ts", "Ctrl-C drops what was typed"],
  "the link goes silent": [
    "e2e/what-happens-when.test.ts",
    "the link goes silent: that is said within seconds",
  ],
  "output may have got lost": ["reliability/fault-schedules.test.ts", "a gap at "],
  "the last keys before a loss may not have arrived": [
    "unit/daemon/upstream/upstream.test.ts",
    "is counted when it was sent and nothing proves that it arrived, and is not sent again",
  ],
  "the laptop sleeps": ["e2e/what-happens-when.test.ts", "the laptop sleeps: at the wake"],
  "the hour passes": ["e2e/what-happens-when.test.ts", "the hour passes: nobody notices"],
  "credentials expire": ["e2e/what-happens-when.test.ts", "credentials expire: the shell waits"],
  "all shells of the runtime are in use": [
    "unit/daemon/shell/link-trouble.test.ts",
    "a full runtime names the shells that agentd holds there",
  ],
  "the daemon dies": ["e2e/what-happens-when.test.ts", "the daemon dies: every shell lives"],
  "you stop or upgrade agentd": [
    "integration/versions.test.ts",
    "hands over to the daemon of a newer client",
  ],
  "the microVM dies": ["e2e/what-happens-when.test.ts", "the microVM dies: the new shell is announced"],
  "somebody takes the shell": ["e2e/what-happens-when.test.ts", "somebody takes the shell: nobody fights"],
  "the disk is full": ["reliability/disk-faults.test.ts", "keeps running from memory on a full disk"],
  "you paste 10 MB": ["reliability/pacing.test.ts", "of 10 MB arrives whole and in order, with progress"],
  "the shell exits meanwhile": [
    "integration/daemon-crash.test.ts",
    "knows how a shell ended while there was no daemon",
  ],
};

describe("what happens when", () => {
  const table = /## What happens when…\n([\s\S]*?)\n## /.exec(page("README.md"))?.[1] ?? "";
  const rows = [...table.matchAll(/^\| ([^|]+?) \|/gm)]
    .map((match) => match[1] ?? "")
    .filter((cell) => cell !== "---");

  it("has a test behind each row, and no row without one", () => {
    expect(rows.filter((row) => row.trim() !== "")).toEqual(Object.keys(backing));
  });

  it.each(Object.entries(backing))("%s", (_row, [file, title]) => {
    expect(page(join("test", file))).toContain(title);
  });
});

describe("the page in the browser", () => {
  const section = page("docs/web.md").split("## What is shown by which test")[1] ?? "";
  const rows = [...section.matchAll(/^\| [^|]+ \| (?:`([^`]+)`: )?([^|]+?) \|$/gm)]
    .map(([, file = "e2e/web.test.ts", title = ""]) => [title, file] as const)
    .filter(([title]) => title !== "test" && title !== "---");

  it("has a table of what its tests show", () => {
    expect(rows.length).toBeGreaterThan(12);
  });

  it.each(rows)("%s", (title, file) => {
    expect(page(join("test", file))).toContain(title);
  });
});
