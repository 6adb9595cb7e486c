// What the built programs may contain: the client starts fast because almost nothing is in it.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

interface Metafile {
  readonly inputs: Readonly<Record<string, { readonly bytes: number }>>;
}

const dist = join(import.meta.dirname, "..", "dist");
const inputs = (program: string): string[] =>
  Object.keys((JSON.parse(readFileSync(join(dist, `${program}.meta.json`), "utf8")) as Metafile).inputs);

describe("bundles", () => {
  it("keeps the AWS SDK, ws, xterm, pino and blessed out of the client", () => {
    const heavy = inputs("agentd").filter((path) =>
      /node_modules\/(@aws|@smithy|aws-|ws\/|@xterm|pino|blessed|@lydell)/.test(path),
    );
    expect(heavy).toEqual([]);
  });

  it("keeps the daemon's and the runtime's sources out of the client", () => {
    expect(inputs("agentd").filter((path) => path.startsWith("daemon/"))).toEqual([]);
  });

  it("keeps the local runtime's sources and the PTY out of the daemon", () => {
    expect(inputs("daemon").filter((path) => /^daemon\/local\/|node-pty/.test(path))).toEqual([]);
  });

  it("keeps the credential providers and the terminal out of the local runtime", () => {
    expect(inputs("runtime").filter((path) => /credential-provider|@xterm/.test(path))).toEqual([]);
  });
});
