// `agentd run --all` and `-l`: one command in many shells, a line for each, and the highest exit status.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Sandbox } from "../support/sandbox.js";
import { until } from "../support/until.js";

describe("agentd run in many shells", () => {
  let sandbox: Sandbox;
  const run = (...args: string[]) => sandbox.run(["run", ...args]);
  const open = (name: string, ...flags: string[]) =>
    expect(sandbox.run(["new", "-d", name, ...flags, "--", "bash", "--norc", "--noprofile"])).toMatchObject({
      status: 0,
    });
  const rows = (text: string) =>
    text
      .trimEnd()
      .split("\n")
      .map((line) => line.split(/ {2,}/).filter((_, column) => column !== 2));
  beforeAll(() => {
    sandbox = new Sandbox();
    open("api", "--label", "kind=web");
    open("site", "--label", "kind=web");
    open("db", "--label", "kind=data");
    for (const name of ["api", "site", "db"]) expect(run(name, "--", `me=${name}`).status).toBe(0);
  });
  afterAll(() => sandbox?.dispose());

  it("says of each its status and the first line of what it printed, and has the highest status", () => {
    const { status, stderr, stdout } = run(
      "--all",
      "--",
      'printf "\\n\\tI am $me\\nmore\\n"; [ $me != db ] || (exit 7)',
    );
    expect({ status, stderr, rows: rows(stdout) }).toEqual({
      status: 7,
      stderr: "",
      rows: [
        ["NAME", "STATUS", "OUTPUT"],
        ["api", "0", "I am api"],
        ["db", "7", "I am db"],
        ["site", "0", "I am site"],
      ],
    });
  });

  it("takes those with a label, and tells all of it as JSON", () => {
    const { status, stdout } = run("-l", "kind=web", "--json", "--", "echo $me; (exit 3)");
    const result = { started: true, exitCode: 3, durationMs: expect.any(Number) };
    expect({ status, ...JSON.parse(stdout) }).toEqual({
      status: 3,
      v: 1,
      exitCode: 3,
      shells: [
        { name: "api", ...result, outputBytes: 4, output: "api\n" },
        { name: "site", ...result, outputBytes: 5, output: "site\n" },
      ],
    });
  });

  it("lets no output act on the terminal", () => {
    const { stdout } = run("-l", "kind=data", "--", "printf 'a\\033]0;x\\007\\302\\233\\342\\200\\256b\\n'");
    expect(stdout.replaceAll("\n", "")).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202e]/);
  });

  it("goes on where one is busy, and where one does not end in time", async () => {
    sandbox.run(["send", "api", "cat", "Enter"]);
    await until("cat is in front", () => run("api", "--", "true").status === 75);
    const { status, stdout } = run(
      "--all",
      "--timeout",
      "8",
      "--kill",
      "--",
      "echo $me; [ $me = site ] && sleep 60",
    );
    expect(status).toBe(124);
    const [, api, db, site] = rows(stdout);
    expect(api).toEqual(["api", "75", expect.stringContaining("cat is in front")]);
    expect(site).toEqual(["site", "124", "(ended by Ctrl-C) site"]);
    expect(db).toEqual(["db", "1", "db"]);
    sandbox.run(["send", "api", "C-d"]);
    await until("the shell is back", () => run("api", "--", "true").status === 0);
  });

  it.each([
    ["a name and --all", ["--all", "api", "--", "true"], 64, /not both/],
    ["a target and a label", ["-t", "api", "-l", "kind=web", "--", "true"], 64, /not both/],
    ["no command", ["--all"], 64, /needs a command · agentd run --all -- COMMAND/],
    ["a label that no shell has", ["-l", "kind=none", "--", "true"], 2, /no shell has that label/],
  ])("answers %s in one line", (_what, args, status, text) => {
    const result = run(...args);
    expect(result).toMatchObject({ status, stdout: "" });
    expect(result.stderr).toMatch(text);
    expect(result.stderr.trim().split("\n")).toHaveLength(1);
  });
});
