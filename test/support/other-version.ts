// The built programs as another version of agentd would be: another protocol, another version number.
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { VERSION } from "../../shared/host/version.js";
import { program } from "./sandbox.js";
import { tempDirectory } from "./temp-directory.js";

/** Returns the path of that version's command line; its daemon and runtime lie beside it. Gone with the test. */
export function otherVersion(protocol: number, version = "9.9.9"): string {
  const directory = join(tempDirectory(), "dist");
  mkdirSync(directory);
  symlinkSync(
    resolve(dirname(program("agentd")), "..", "node_modules"),
    join(directory, "..", "node_modules"),
  );
  cpSync(program("runtime"), join(directory, "runtime.cjs"));
  cpSync(program("agentd"), join(directory, "agentd.cjs"));
  const ours = JSON.stringify(VERSION).replaceAll(".", "\\.");
  const numbered = [new RegExp(ours, "g"), JSON.stringify(version)] as const;
  const client = rewrite(join(dirname(program("agentd")), "client.js"), [
    [/protocol:1,client:/g, `protocol:${protocol},client:`],
    numbered,
  ]);
  const daemon = rewrite(program("daemon"), [
    [/protocol===1\?"greeted"/g, `protocol===${protocol}?"greeted"`],
    [/and the daemon \$\{1\}/g, `and the daemon ${protocol}`],
    [/details:\{protocol:1\}/g, `details:{protocol:${protocol}}`],
    [/\{protocol:1,\.\.\.hello\(\)\}/g, `{protocol:${protocol},...hello()}`],
    numbered,
  ]);
  writeFileSync(join(directory, "client.js"), client);
  writeFileSync(join(directory, "daemon.cjs"), daemon);
  return join(directory, "agentd.cjs");
}

function rewrite(path: string, changes: readonly (readonly [RegExp, string])[]): string {
  let text = readFileSync(path, "utf8");
  for (const [pattern, replacement] of changes) {
    if (!pattern.test(text)) throw new Error(`${path} has no ${pattern}: the bundle looks different now`);
    text = text.replace(pattern, replacement);
  }
  return text;
}
