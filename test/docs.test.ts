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
      "docs/runtime.md",
      "CHANGELOG.md",
    ]) {
      expect(page(name), name).not.toMatch(/\/work\/|\/root\//);
    }
  });
});
