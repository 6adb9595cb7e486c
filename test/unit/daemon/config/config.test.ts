// The config file: what it may hold, and what is said about everything else.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { DEFAULT_CONFIG, inspectConfig, parseConfig, readConfig } from "../../../../daemon/config/config.js";
import { fc } from "../../../support/property.js";
import { tempDirectory } from "../../../support/temp-directory.js";

const message = (text: string): string => {
  try {
    parseConfig(text, "/c.toml");
  } catch (error) {
    expect(error).toMatchObject({ code: "bad_config" });
    return (error as Error).message;
  }
  throw new Error("was accepted");
};

describe("config", () => {
  it("reads how the cloud shells of a target are treated", () => {
    const text = (more: string) => `idle_stop = "4h"\n[targets.a]\nruntime = "arn:x"\n${more}`;
    const { idleStopMs, targets } = parseConfig(
      text('idle_stop = "never"\nbearer_token_file = "/t"\ncommand = "claude"'),
      "/c.toml",
    );
    expect(idleStopMs).toBe(14_400_000);
    expect(targets.get("a")).toEqual({
      runtime: "arn:x",
      bearerTokenFile: "/t",
      command: "claude",
      idleStopMs: 0,
    });
    const home = parseConfig(text('bearer_token_file = "~/t"'), "/c.toml").targets.get("a")?.bearerTokenFile;
    expect(home).toMatch(/^\/.*\/t$/);
  });

  it("says the first mistakes of a file that is full of them, as quickly as it is read", () => {
    const mistakes = Array.from({ length: 30_000 }, (_, index) => `key${index} = ${index}`);
    expect(message([...mistakes, `${" ".repeat(60_000)}x`].join("\n"))).toMatch(
      /line 1: 'key0' is not known here/,
    );
    expect(message(`${"k".repeat(500_000)} = 1`)).toMatch(/line 1: 'k+…' is not known here/);
    expect(message(`x = """\n${" ".repeat(100_000)}\n${"a ".repeat(50_000)}"""`)).toMatch(
      /line 1: 'x' is not/,
    );
    expect(message(`${"a.".repeat(20_000)}a = 1`)).toContain("line 1");
  });

  it("says where a key belongs that stands in another place", () => {
    expect(message('prefix = "C-a"')).toContain("'prefix' is not known here · it belongs into [keys]");
    expect(message('[targets.a]\nruntime = "arn:x"\nprefix = "C-a"')).toContain(
      "'targets.a.prefix' is not known here · it belongs into [keys]",
    );
    expect(message('region = "us-west-2"')).toContain("it belongs into a [targets.NAME]");
    expect(message("[keys]\nscrollback = 7")).toContain("it belongs to the top of the file");
    expect(message('prefx = "C-a"')).not.toContain("belongs");
  });

  it("knows the official client's keys by name", () => {
    expect(parseConfig('keys = "agentcore"', "/c.toml").prefix).toBe("agentcore");
    expect(() => parseConfig('keys = "emacs"', "/c.toml")).toThrow(
      expect.objectContaining({ code: "bad_config" }),
    );
  });

  it("reads everything that it may hold", () => {
    const config = parseConfig(
      `default_target = "dev"
       scrollback = 20_000
       connection_ttl = "90s"
       size_policy = "smallest"
       escapes = "raw"
       clipboard = "allow"
       [keys]
       prefix = "C-a"
       [targets.dev]
       runtime = "arn:aws:bedrock-agentcore:us-west-2:123456789012:runtime/demo-Ab1"
       region = "us-west-2"
       profile = "work"
       qualifier = "DEFAULT"
       endpoint_url = "http://127.0.0.1:8080"`,
      "/c.toml",
    );
    expect(config).toEqual({
      defaultTarget: "dev",
      prefix: "C-a",
      scrollback: 20_000,
      connectionTtlMs: 90_000,
      sizePolicy: "smallest",
      escapes: "raw",
      clipboard: "allow",
      targets: new Map([
        [
          "dev",
          {
            runtime: "arn:aws:bedrock-agentcore:us-west-2:123456789012:runtime/demo-Ab1",
            region: "us-west-2",
            profile: "work",
            qualifier: "DEFAULT",
            endpointUrl: "http://127.0.0.1:8080",
          },
        ],
      ]),
    });
  });

  it("is the defaults when the file is absent or empty", () => {
    expect(readConfig(join(tempDirectory(), "absent.toml"))).toBe(DEFAULT_CONFIG);
    expect(parseConfig("", "/c.toml")).toEqual(DEFAULT_CONFIG);
  });

  it("says that a directory is not a file", () => {
    const path = join(tempDirectory(), "c.toml");
    mkdirSync(path);
    expect(() => readConfig(path)).toThrow(`config ${path}: is not a file`);
  });

  it("says the line of a syntax error", () => {
    const path = join(tempDirectory(), "c.toml");
    writeFileSync(path, 'scrollback = 1\nprefix = "open\n');
    expect(() => readConfig(path)).toThrow(`config ${path}, line 2: `);
  });

  it("finds every mistake of a file, in the order of the lines", () => {
    const path = join(tempDirectory(), "c.toml");
    writeFileSync(
      path,
      'scrolback = 1\nprefix "open\nescapes = "loud"\n[targets.a]\nregion = 5\nendpint_url = "x"\n',
    );
    const { problems } = inspectConfig(path);
    expect(problems.map(({ line, key }) => [line, key])).toEqual([
      [1, "scrolback"],
      [2, undefined],
      [3, "escapes"],
      [4, "targets.a"],
      [5, "targets.a.region"],
      [6, "targets.a.endpint_url"],
    ]);
    expect(problems[2]?.expected).toBe("one of safe, raw");
    expect(() => readConfig(path)).toThrow(/line 1: .* · 5 more: agentd config check$/);
  });

  it("blames nothing else for a broken header or an open string", () => {
    for (const text of [
      '[targets.a\nruntime = "x"\n',
      'default_target = """\nx = 1\n',
      "scrollback = [\n1\n",
    ]) {
      const path = join(tempDirectory(), "c.toml");
      writeFileSync(path, text);
      expect(inspectConfig(path).problems).toHaveLength(1);
    }
  });

  it("never throws, whatever the file holds, and keeps only what follows the rules", () => {
    const words = [
      "scrollback",
      "keys",
      "targets",
      "[",
      "]",
      "=",
      ".",
      '"',
      "'",
      "\n",
      "a",
      "1",
      "#",
      "{",
      "}",
      ",",
      "\u0000",
    ];
    const text = fc.array(fc.oneof(fc.constantFrom(...words), fc.string()), { maxLength: 40 });
    fc.assert(
      fc.property(text, (parts) => {
        try {
          const config = parseConfig(parts.join(""), "/c.toml");
          expect(config.scrollback).toBeGreaterThanOrEqual(0);
        } catch (error) {
          expect(error).toMatchObject({ code: "bad_config" });
        }
      }),
    );
  });

  it.each([
    ["scrolback = 1", "config /c.toml, line 1: 'scrolback' is not known here · did you mean 'scrollback'?"],
    ["\n\n[keys]\n# c\nprefx = 1", "line 5: 'keys.prefx' is not known here · did you mean 'prefix'?"],
    ['connection_ttl = "60"', `line 1: 'connection_ttl' is not a time such as "90s"`],
    ['connection_ttl = "0s"', "'connection_ttl' is not a time"],
    ['connection_ttl = "25h"', "'connection_ttl' is not a time"],
    ["connection_ttl = 60", "'connection_ttl' is not a time"],
    ["scrollback = -1", "line 1: 'scrollback' is not a count of lines from 0 to 100000"],
    ['scrollback = "many"', "'scrollback' is not a count of lines"],
    ["scrollback = 1.5", "'scrollback' is not a count of lines"],
    ["keys = 1", "line 1: 'keys' is not a table"],
    ["keys = 2026-01-01", "'keys' is not a table"],
    ['[keys]\nprefix = "F1"', "line 2: 'keys.prefix' is not a key"],
    ["[keys]\nprefix = 5", "line 2: 'keys.prefix' is not a key"],
    ['keys.prefix = ""', "line 1: 'keys.prefix' is not a key"],
    ["[targets.a]\nregion = 'x'", "line 1: 'targets.a' needs `runtime`"],
    [
      "[targets.a]\nruntime = 'arn'\nendpoint_url = 'ftp://x'",
      "line 3: 'targets.a.endpoint_url' is not an http",
    ],
    ["[targets.local]\nruntime = 'arn'", "line 1: 'targets.local' is not a name for a target"],
    ['idle_stop = "59s"', "line 1: 'idle_stop' is not a time such as"],
    ['idle_stop = "169h"', "'idle_stop' is not a time such as"],
    ["idle_stop = 4", "'idle_stop' is not a time"],
    ["[targets.a]\nruntime = 'arn'\nidle_stop = 'x'", "line 3: 'targets.a.idle_stop' is not a time"],
    [
      "[targets.a]\nruntime = 'arn'\nbearer_token_file = 't'",
      "line 3: 'targets.a.bearer_token_file' is not an abs",
    ],
    [
      "x = 1\n[targets]\n",
      "line 1: 'x' is not known here · known: clipboard, connection_ttl, default_target, escapes, idle_stop, keys, scrollback, size_policy, targets",
    ],
    ["default_target = 'dev'", "line 1: 'default_target' names no target: there is no [targets.dev]"],
    ["__proto__ = 1", "'__proto__' is not known here"],
    ['"\\u001b[31m" = 1', "'^[[31m' is not known here"],
  ])("refuses %j", (text, expected) => {
    expect(message(text)).toContain(expected);
  });
});
