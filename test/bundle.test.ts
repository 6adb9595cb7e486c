// What the built programs may contain: the client starts fast because almost nothing is in it.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Script } from "node:vm";
import { describe, expect, it } from "vitest";
import { tempDirectory } from "./support/temp-directory.js";

interface Metafile {
  readonly inputs: Readonly<Record<string, { readonly bytes: number }>>;
}

const dist = join(import.meta.dirname, "..", "dist");
const inputs = (program: string): string[] =>
  Object.keys((JSON.parse(readFileSync(join(dist, `${program}.meta.json`), "utf8")) as Metafile).inputs);

function builtClient() {
  const [cacheName = "none", ...more] = readdirSync(dist).filter((name) => name.endsWith(".cache"));
  expect(more).toEqual([]);
  return { cacheName, source: readFileSync(join(dist, "client.js"), "latin1") };
}

describe("bundles", () => {
  it("keeps the AWS SDK, ws, xterm, pino and blessed out of the client", () => {
    const heavy = [...inputs("agentd"), ...inputs("client")].filter((path) =>
      /node_modules\/(@aws|@smithy|aws-|ws\/|@xterm|pino|blessed|@lydell)/.test(path),
    );
    expect(heavy).toEqual([]);
  });

  it("serves a page that is whole, names nothing from elsewhere, and has no inline script or style", () => {
    expect(
      inputs("web").filter((path) => !/^(client\/web|shared|\S*node_modules\/@xterm)\//.test(path)),
    ).toEqual([]);
    const page = readFileSync(join(dist, "web", "index.html"), "utf8");
    expect(page).not.toMatch(/https?:|<style|style=|<script(?![^>]* src=)|\son\w+=/);
    const names = [...page.matchAll(/"\/assets\/([^"]+)"/g)].map(([, name]) => name);
    expect(readdirSync(join(dist, "web"))).toEqual(expect.arrayContaining(names));
  });

  it("keeps the daemon's and the runtime's sources out of the client", () => {
    expect(inputs("client").filter((path) => path.startsWith("daemon/"))).toEqual([]);
  });

  it("starts the client from a code cache that this version of Node accepts, and from nothing else", () => {
    const { cacheName, source } = builtClient();
    const hash = createHash("sha256").update(source).digest("hex").slice(0, 16);
    expect(cacheName).toBe(`client-${hash}.cache`);
    const script = new Script(source, { cachedData: readFileSync(join(dist, cacheName)) });
    expect(script.cachedDataRejected).toBe(false);
  });

  it("starts without its code cache, and with a broken one", () => {
    const { cacheName } = builtClient();
    const copy = join(tempDirectory(), "dist");
    cpSync(dist, copy, { recursive: true });
    const version = () =>
      execFileSync(process.execPath, [join(copy, "agentd.cjs"), "version"], { encoding: "utf8" });
    const cache = join(copy, cacheName);
    writeFileSync(cache, readFileSync(cache).fill(0, 0, 64));
    expect(version()).toMatch(/^agentd \d+\.\d+\.\d+\n$/);
    rmSync(cache);
    expect(version()).toMatch(/^agentd \d+\.\d+\.\d+\n$/);
  });

  it("has no import() in the client: a script out of a code cache cannot do that", () => {
    expect(builtClient().source).not.toMatch(/\bimport\(/);
  });

  it("loads nothing of Node at the start that few commands need: each costs milliseconds", () => {
    const list = "process.on('exit', () => console.log(process.moduleLoadList.join()))";
    const script = join(tempDirectory(), "list.cjs");
    writeFileSync(script, list);
    const words = ["-r", script, join(dist, "agentd.cjs"), "version"];
    const loaded = execFileSync(process.execPath, words, { encoding: "utf8" });
    expect(loaded).toContain("NativeModule vm");
    expect(loaded).not.toMatch(
      /NativeModule (child_process|crypto|fs\/promises|http|readline|worker_threads|zlib)\b/,
    );
  });

  it("keeps the client ASCII: it is read as one byte per character", () => {
    expect(builtClient().source).toMatch(/^[\x00-\x7f]*$/);
  });

  it("keeps the AWS SDK in a file of its own: a daemon of local shells never reads it", () => {
    const isAws = (path: string) => /node_modules\/(@aws|@smithy)/.test(path);
    expect(inputs("daemon").filter(isAws)).toEqual([]);
    expect(inputs("aws").filter(isAws).length).toBeGreaterThan(100);
  });

  it("keeps the daemon ASCII: one other character, and V8 holds all of it with two bytes each", () => {
    expect(readFileSync(join(dist, "daemon.cjs"), "utf8")).toMatch(/^[\x00-\x7f]*$/);
  });

  it("keeps the local runtime's sources and the PTY out of the daemon", () => {
    expect(inputs("daemon").filter((path) => /^daemon\/local\/|node-pty/.test(path))).toEqual([]);
  });

  it("keeps the credential providers and the terminal out of the local runtime", () => {
    expect(inputs("runtime").filter((path) => /credential-provider|@xterm/.test(path))).toEqual([]);
  });
});
