// Flags, values, names, and one line for every mistake.
import { describe, expect, it } from "vitest";
import { CLOUD_FLAGS, cloudTarget } from "../../../../client/cli/cloud-target.js";
import type { Flags } from "../../../../client/cli/command.js";
import { atMostWords, nameFrom, parseCommandLine } from "../../../../client/cli/command-line.js";
import { commandTable, findCommand } from "../../../../client/cli/command-table.js";
import { commandHelp, overviewHelp } from "../../../../client/cli/help.js";
import { parseLabelChanges, parseLabels } from "../../../../client/cli/label-words.js";
import { targetRequest } from "../../../../client/cli/target-request.js";
import { newShell, outputRules } from "../../../../client/commands/new.js";
import { AgentdError } from "../../../../shared/errors.js";

const flags: Flags = {
  json: { type: "boolean" },
  start: { type: "string", short: "S", value: "START" },
  target: { type: "string", short: "t", value: "NAME" },
  label: { type: "string" },
};

const parse = (...args: string[]) => parseCommandLine(args, flags);
const mistake = (action: () => unknown): string => {
  try {
    action();
  } catch (error) {
    expect(error).toBeInstanceOf(AgentdError);
    expect((error as AgentdError).exitStatus).toBe(64);
    return (error as AgentdError).message;
  }
  throw new Error("was accepted");
};

describe("parseCommandLine", () => {
  it("reads words, flags and values in any order", () => {
    const line = parse("a", "--json", "-S", "-100", "b", "--label=x=1", "--label", "y=2");
    expect(line.words).toEqual(["a", "b"]);
    expect(line.rest).toBeUndefined();
    expect(line.has("json")).toBe(true);
    expect(line.value("start")).toBe("-100");
    expect(line.values("label")).toEqual(["x=1", "y=2"]);
  });

  it("takes the last value of a flag", () => expect(parse("-S1", "-S2").value("start")).toBe("2"));

  it("leaves everything behind -- alone", () => {
    const line = parse("a", "--", "ls", "--json", "-x", "--");
    expect(line.words).toEqual(["a"]);
    expect(line.rest).toEqual(["ls", "--json", "-x", "--"]);
    expect(line.has("json")).toBe(false);
  });

  it("takes - as a value", () => expect(parse("-S", "-").value("start")).toBe("-"));

  it.each([
    [["--jsno"], "unknown flag '--jsno' · did you mean '--json'?"],
    [["--constructor"], "unknown flag '--constructor' · see --help"],
    [["-z"], "unknown flag '-z' · see --help"],
    [["--json=yes"], "--json takes no value"],
    [["--start"], "--start needs a value: --start START"],
    [["-t", "--json"], "-t needs a value: -t NAME"],
  ])("answers %j with one line", (args, message) => expect(mistake(() => parse(...args))).toBe(message));

  it("finds the name in a word or in the flag of tmux", () => {
    expect(nameFrom(parse("work"), "target")).toBe("work");
    expect(nameFrom(parse("-t", "work"), "target")).toBe("work");
    expect(nameFrom(parse(), "target")).toBeUndefined();
    expect(mistake(() => atMostWords(parse("a", "b"), 1))).toBe("unexpected argument 'b' · see --help");
  });
});

describe("findCommand", () => {
  it.each([
    [[], "ls"],
    [["list-sessions"], "ls"],
    [["-ls"], "ls"],
    [["a", "-t", "x"], "attach"],
    [["new-session"], "new"],
    [["kill-session"], "kill"],
    [["rename-session"], "rename"],
    [["detach-client"], "detach"],
    [["send-keys"], "send"],
    [["capture-pane"], "capture"],
    [["--version"], "version"],
  ])("finds %j", (argv, name) => expect(findCommand(argv).command.name).toBe(name));

  it("is the TUI for no words on a terminal, and only then", () => {
    expect(findCommand([], true).command.name).toBe("tui");
    expect(findCommand(["ls"], true).command.name).toBe("ls");
  });

  it("expands kill-server", () => {
    const { command, args } = findCommand(["kill-server", "-q"]);
    expect([command.name, ...args]).toEqual(["daemon", "stop", "-q"]);
  });

  it.each([
    ["attahc", "did you mean 'agentd attach'?"],
    ["cap", "did you mean 'agentd capture'?"],
    ["attach-session", "write: agentd attach NAME"],
    ["-r", "write: agentd attach NAME"],
    ["work", "agentd attach work, or agentd --help"],
    ["__proto__", "agentd attach __proto__, or agentd --help"],
    ["no/name", "see agentd --help"],
  ])("answers %s with a spelling of ours", (word, hint) => {
    expect(mistake(() => findCommand([word]))).toMatch(new RegExp(`^unknown (command|flag) '${word}' · `));
    expect(mistake(() => findCommand([word]))).toContain(hint);
  });

  it("has no two commands under one name", () => {
    const names = commandTable.flatMap(({ name, aliases = [] }) => [name, ...aliases]);
    expect(new Set(names).size).toBe(names.length);
  });

  it("has no short flag twice in one command", () => {
    for (const command of commandTable) {
      const all = { help: { short: "h" }, quiet: { short: "q" }, ...command.flags };
      const shorts = Object.values(all).flatMap(({ short }: { short?: string }) => short ?? []);
      expect(new Set(shorts).size, command.name).toBe(shorts.length);
    }
  });

  it("breaks its help between words where the terminal ends", () => {
    for (const width of [80, 100, 120]) {
      const texts = [
        overviewHelp(commandTable, width),
        ...commandTable.map((each) => commandHelp(each, width)),
      ];
      for (const line of texts.flatMap((text) => text.split("\n")))
        expect(line.length, line).toBeLessThanOrEqual(width);
    }
    const words = (text: string) => text.split(/\s+/).join(" ");
    expect(words(overviewHelp(commandTable, 60))).toBe(words(overviewHelp(commandTable)));
  });

  it("says what -q does where it does something else", () => {
    expect(commandHelp(findCommand(["ls"]).command)).toMatch(/-q, --quiet +names only/);
    expect(commandHelp(findCommand(["kill"]).command)).toMatch(/-q, --quiet +say nothing on stderr/);
  });

  it("names the help of the command in which something is wrong", () => {
    expect(mistake(() => parseCommandLine(["-z"], {}, "kill"))).toBe(
      "unknown flag '-z' · see agentd kill --help",
    );
    const line = parseCommandLine(["a", "b"], {}, "rename");
    expect(mistake(() => atMostWords(line, 1))).toBe("unexpected argument 'b' · see agentd rename --help");
  });

  it("shows every command in the overview and every documented flag in its help", () => {
    const overview = overviewHelp(commandTable);
    for (const command of commandTable) {
      expect(overview).toContain(`  ${command.name} `);
      const help = commandHelp(command);
      for (const [name, flag] of Object.entries(command.flags ?? {})) {
        expect(help.includes(`--${name}`), `${command.name} --${name}`).toBe(flag.help !== undefined);
      }
      for (const line of help.split("\n")) expect(line.length, line).toBeLessThanOrEqual(120);
    }
  });
});

describe("targetRequest", () => {
  const place = {
    env: { A: "1", B: undefined },
    cwd: "/here",
    umask: 0o022,
    shellName: "work",
    defaultTarget: undefined,
  };
  const command = findCommand(["new"]).command;
  const target = (args: string[], more: { defaultTarget?: string } = {}) =>
    targetRequest(parseCommandLine(args, command.flags ?? {}), { ...place, ...more });

  it("is local with this environment, this directory and the command", () => {
    expect(target(["work", "--", "bash", "-l"])).toEqual({
      kind: "local",
      cwd: "/here",
      umask: 0o022,
      env: { A: "1", AGENTD_SHELL: "work" },
      command: ["bash", "-l"],
    });
  });

  it("is AgentCore with --runtime, and makes the token's path absolute", () => {
    expect(
      target(["--runtime", "arn:x", "--region", "us-west-2", "--bearer-token-file", "t", "--shell-id", "s"]),
    ).toEqual({
      kind: "agentcore",
      runtimeArn: "arn:x",
      region: "us-west-2",
      bearerTokenFile: "/here/t",
      shellId: "s",
    });
  });

  it("types the words after -- into a new cloud shell as one line, quoted where a shell would take them apart", () => {
    expect(target(["--runtime", "dev", "--idle-stop", "4h", "--", "echo", "it's", "$HOME", "a-b"])).toEqual({
      kind: "agentcore",
      runtimeArn: "dev",
      idleStopMs: 14_400_000,
      startCommand: "echo 'it'\\''s' '$HOME' a-b",
    });
  });

  it("passes the name of the client's AWS profile, and a token from the environment, never its keys", () => {
    const env = { AWS_PROFILE: "mine", AWS_SECRET_ACCESS_KEY: "canary", AGENTD_BEARER_TOKEN: "token" };
    const request = targetRequest(parseCommandLine(["--runtime", "dev"], command.flags ?? {}), {
      ...place,
      env,
    });
    expect(request).toEqual({
      kind: "agentcore",
      runtimeArn: "dev",
      defaultProfile: "mine",
      bearerToken: "token",
    });
  });

  it("follows the default target, and --local overrides it", () => {
    expect(target(["work"], { defaultTarget: "dev" })).toEqual({ kind: "agentcore", runtimeArn: "dev" });
    expect(target(["work"], { defaultTarget: "local" }).kind).toBe("local");
    expect(target(["work", "--local"], { defaultTarget: "dev" }).kind).toBe("local");
  });

  it.each([
    [["--local", "--runtime", "arn:x"], "give --local or --runtime, not both"],
    [["--region", "x"], "--region needs --runtime ARN"],
    [
      ["--runtime", "arn:x", "--shell-id", "s", "--", "ls"],
      "a command after -- is for a new shell · leave out --shell-id, or use agentd send",
    ],
    [["--runtime", "arn:x", "--"], "no command after --"],
    [["--runtime", "arn:x", "--idle-stop", "5s"], "--idle-stop is from 1m to 168h, or never"],
    [
      ["--runtime", "arn:x", "--idle-stop", "soon"],
      "bad duration 'soon' for --idle-stop · write 500ms, 30s, 15m or 2h",
    ],
    [["--runtime", "arn:x", "--idle-stop", "30d"], "'30d' for --idle-stop is too long · at most 24.8d"],
    [["--idle-stop", "4h"], "--idle-stop needs --runtime ARN"],
    [["x", "--"], "no command after --"],
  ])("refuses %j", (args, message) => expect(mistake(() => target(args))).toBe(message));

  it("reads changes of labels", () => {
    expect(parseLabelChanges(["a=1", "b=", "c-", "d=e=f", "g-=2"])).toEqual({
      a: "1",
      b: null,
      c: null,
      d: "e=f",
      "g-": "2",
    });
    for (const bad of [
      "novalue",
      "=v",
      "-",
      "",
      "a b=1",
      "__proto__=1",
      "__proto__-",
      `a=${"x".repeat(257)}`,
    ])
      expect(mistake(() => parseLabelChanges([bad]))).toContain("bad label");
  });

  it("reads labels", () => {
    expect(parseLabels(["a=1", "b=", "c=x=y"])).toEqual({ a: "1", b: "", c: "x=y" });
    expect(mistake(() => parseLabels(["novalue"]))).toBe("bad label 'novalue' · write KEY=VALUE");
    for (const bad of ["=v", "a b=1", `${"x".repeat(64)}=1`])
      expect(mistake(() => parseLabels([bad]))).toContain("bad label");
  });
});

describe("the ids of a cloud target", () => {
  const target = (...args: string[]) =>
    cloudTarget(parseCommandLine(["x", ...args], CLOUD_FLAGS), { env: {}, cwd: "/" }, "dev");

  it("are refused by the flag's name", () => {
    expect(mistake(() => target("--session-id", "short"))).toContain("bad --session-id 'short'");
    expect(mistake(() => target("--shell-id", "-a"))).toContain("needs a value");
    expect(mistake(() => target("--shell-id", "a b"))).toContain("bad --shell-id 'a b'");
    expect(target("--session-id", "s".repeat(33), "--shell-id", "a-1")).toMatchObject({ shellId: "a-1" });
  });
});

describe("outputRules", () => {
  const rules = (...args: string[]) => outputRules(parseCommandLine(["x", ...args], newShell.flags ?? {}));

  it("says only what was asked for, so that the config file decides the rest", () => {
    expect(rules()).toEqual({});
    expect(rules("--escapes", "raw")).toEqual({ escapes: "raw" });
    expect(rules("--escapes=safe", "--clipboard=allow")).toEqual({ escapes: "safe", clipboard: "allow" });
    expect(rules("--clipboard", "deny")).toEqual({ clipboard: "deny" });
  });

  it("takes no other word", () => {
    expect(mistake(() => rules("--escapes", "none"))).toBe("--escapes is safe or raw");
    expect(mistake(() => rules("--escapes="))).toBe("--escapes is safe or raw");
    expect(mistake(() => rules("--clipboard", "yes"))).toBe("--clipboard is deny or allow");
  });
});
