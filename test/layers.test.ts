// The import rules of docs/architecture.md, held by a test: who may import whom, and no cycles.
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { describe, expect, it } from "vitest";

const root = resolve(import.meta.dirname, "..");

interface SourceFile {
  readonly path: string;
  readonly text: string;
  /** Project files by path; packages by name. */
  readonly imports: readonly string[];
  /** The subset that is not `import type`. */
  readonly valueImports: readonly string[];
}

/** Folder → what its files may import. A folder's own files are always allowed. */
const rules: Record<string, readonly (string | RegExp)[]> = {
  shared: [],
  // What the daemon and its clients must agree on about this machine; nothing that a browser loads.
  "shared/host": ["shared", "package.json", /^node:/],
  "daemon/config": ["shared", "daemon/upstream", "daemon/log.ts", "smol-toml", /^node:/],
  "daemon/terminal": ["shared", "@xterm/headless", /^node:/],
  "daemon/upstream": ["shared", "ws", /^@smithy\//, /^@aws-sdk\//, /^@aws-crypto\//, /^node:/],
  "daemon/shell": ["shared", "daemon/terminal", /^node:/],
  "daemon/server": ["shared", "daemon/shell", "json-rpc-2.0", /^node:/],
  "daemon/web": ["shared", "daemon/shell", "daemon/server", "ws", /^node:/],
  "daemon/local": ["shared", "ws", "@lydell/node-pty", /^@smithy\//, /^@aws-crypto\//, /^node:/],
  // A browser loads it: no Node, and nothing of the command line.
  "client/web": ["shared", /^@xterm\/(xterm|addon-)/],
  client: ["shared", "json-rpc-2.0", "blessed", /^node:/],
};

/** Only types may cross these borders. */
const typeOnly: Record<string, readonly string[]> = { "daemon/shell": ["daemon/upstream"] };

const files = ["shared", "daemon", "client"].flatMap((folder) => sources(join(root, folder)));

describe("layers", () => {
  it("finds the sources", () => {
    expect(files.length).toBeGreaterThan(40);
  });

  it.each(Object.keys(rules))("%s imports only what it may", (layer) => {
    const allowed = rules[layer]!;
    for (const file of files.filter((candidate) => layerOf(candidate.path) === layer)) {
      for (const target of file.imports) {
        if (layerOf(target) === layer) continue;
        const ok = allowed.some((rule) =>
          typeof rule === "string" ? target === rule || target.startsWith(`${rule}/`) : rule.test(target),
        );
        const typed = (typeOnly[layer] ?? []).some((rule) => target.startsWith(`${rule}/`));
        const isType = !file.valueImports.includes(target);
        expect(ok || (typed && isType), `${file.path} imports ${target}`).toBe(true);
      }
    }
  });

  it("keeps the local runtime a program of its own: nothing imports daemon/local but itself", () => {
    for (const file of files.filter((candidate) => !candidate.path.startsWith("daemon/local/"))) {
      expect(
        file.imports.filter((target) => target.startsWith("daemon/local/")),
        file.path,
      ).toEqual([]);
    }
  });

  it("keeps shared free of Node, buffers and timers: the browser loads it too", () => {
    for (const file of files.filter((candidate) => layerOf(candidate.path) === "shared")) {
      const code = file.text.replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, "");
      expect(code, file.path).not.toMatch(
        /\bnode:|\bBuffer\b|\bset(Timeout|Interval|Immediate)\b|\bprocess\b/,
      );
    }
  });

  it("keeps credentials in one file: the signer and the providers go through aws.ts, and only sign.ts imports that", () => {
    const importersOf = (pattern: RegExp) =>
      files
        .filter((file) => file.path.startsWith("daemon/") && !file.path.startsWith("daemon/local/"))
        .filter((file) => file.imports.some((target) => pattern.test(target)))
        .map((file) => file.path);
    expect(importersOf(/^@(smithy|aws-)/)).toEqual(["daemon/upstream/service/aws.ts"]);
    expect(importersOf(/\/service\/aws\.ts$/)).toEqual(["daemon/upstream/service/sign.ts"]);
  });

  it("has no import cycles", () => {
    const graph = new Map(
      files.map((file) => [file.path, file.valueImports.filter((target) => target.endsWith(".ts"))]),
    );
    expect(findCycle(graph)).toBeUndefined();
  });

  it("has no file over 300 lines and no name that hides what lives there", () => {
    for (const file of files) {
      expect(file.text.split("\n").length, file.path).toBeLessThanOrEqual(301);
      expect(file.path).not.toMatch(/\/(utils?|helpers?|common|misc|types|index)\.ts$/);
    }
  });

  it("starts every file with one sentence that says what lives there", () => {
    for (const file of files) expect(file.text.split("\n")[0], file.path).toMatch(/^(\/\/ |#!)/);
  });
});

/** The innermost folder with a rule. */
function layerOf(path: string): string | undefined {
  return Object.keys(rules)
    .filter((layer) => path.startsWith(`${layer}/`))
    .sort((a, b) => b.length - a.length)[0];
}

function sources(folder: string): SourceFile[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".ts"))
    .map((entry) => join(entry.parentPath, entry.name))
    .map((path) => {
      const text = readFileSync(path, "utf8");
      const statement = /^(?:import|export)\s+(type\s)?(?:[^;"']*?\sfrom\s+)?["']([^"']+)["']/gm;
      const found = [...text.matchAll(statement)].map((match) => ({
        type: match[1] !== undefined,
        target: normalise(path, match[2]!),
      }));
      // Dynamic imports count as values for the layer rules, and not for cycles: they run later.
      const dynamic = [...text.matchAll(/\bimport\(\s*["']([^"']+)["']\s*\)/g)].map((match) =>
        normalise(path, match[1]!),
      );
      return {
        path: relative(root, path),
        text,
        imports: [...found.map(({ target }) => target), ...dynamic],
        valueImports: found.filter(({ type }) => !type).map(({ target }) => target),
      };
    });
}

function normalise(from: string, target: string): string {
  if (!target.startsWith(".")) return target;
  return relative(root, resolve(dirname(from), target)).replace(/\.js$/, ".ts");
}

function findCycle(graph: ReadonlyMap<string, readonly string[]>): string[] | undefined {
  const done = new Set<string>();
  const visit = (node: string, path: readonly string[]): string[] | undefined => {
    if (path.includes(node)) return [...path.slice(path.indexOf(node)), node];
    if (done.has(node)) return undefined;
    for (const next of graph.get(node) ?? []) {
      const cycle = visit(next, [...path, node]);
      if (cycle !== undefined) return cycle;
    }
    done.add(node);
    return undefined;
  };
  for (const node of graph.keys()) {
    const cycle = visit(node, []);
    if (cycle !== undefined) return cycle;
  }
  return undefined;
}
