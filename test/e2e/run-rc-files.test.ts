// `run` in shells as their owners have made them: start files that hook into every line, every prompt and every error.
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { RunClient } from "../support/run-client.js";
import { Sandbox } from "../support/sandbox.js";

interface Home {
  readonly what: string;
  readonly rc: string;
  /** The owner's settings make commands print more: only status and the command's own lines count. */
  readonly isTalkative?: true;
  readonly cols?: number;
}

const bash: readonly Home[] = [
  { what: "vi mode", rc: "set -o vi; PS1='\\w > '" },
  { what: "a prompt of several lines", rc: "PS1='\\n\\[\\e[1;34m\\]┌ \\w\\n└ \\[\\e[0m\\]\\$ '" },
  {
    what: "OSC 133 marks",
    rc: "PS1='\\[\\e]133;A\\a\\]\\w\\$ \\[\\e]133;B\\a\\]'; PS0='\\e]133;C\\a'; PROMPT_COMMAND='printf \"\\e]133;D;%s\\a\" $?'",
  },
  { what: "a noisy PS0", rc: "PS0='[began \\t]\\n'; PS1='$ '" },
  { what: "a noisy PROMPT_COMMAND", rc: "PROMPT_COMMAND='echo \"prompt after $?\"; false'; PS1='$ '" },
  {
    what: "PROMPT_COMMAND as an array",
    rc: "PROMPT_COMMAND=('echo one $?' 'echo two'); PS1='$ '",
  },
  { what: "PROMPT_COMMAND that ends in a semicolon", rc: "PROMPT_COMMAND='true;'; PS1='$ '" },
  {
    what: "a framework",
    rc: [
      '__pre() { [ -z "$COMP_LINE" ] || return; [ -n "$__ready" ] || return; __ready=; __began=$SECONDS; }',
      "trap '__pre' DEBUG",
      // biome-ignore lint/suspicious/noTemplateCurlyInString: shell, not a template.
      '__post() { local s=$?; PS1="\\[\\e]0;\\w\\a\\]\\[\\e[32m\\]\\w $s $((SECONDS-${__began:-0}))s\\n❯ \\[\\e[0m\\]"; __ready=1; }',
      "PROMPT_COMMAND=__post",
    ].join("\n"),
  },
  { what: "set -u", rc: "set -u; PS1='$ '" },
  { what: "set -x", rc: "PS1='$ '; set -x", isTalkative: true },
  { what: "set -v", rc: "PS1='$ '; set -v", isTalkative: true },
  {
    what: "a DEBUG trap that talks",
    rc: "PS1='$ '; trap 'echo \"+ $BASH_COMMAND\"' DEBUG",
    isTalkative: true,
  },
  { what: "an ERR trap", rc: "PS1='$ '; trap 'echo failed >&2' ERR", isTalkative: true },
  { what: "HISTCONTROL with everything", rc: "HISTCONTROL=ignoreboth:erasedups; PS1='$ '" },
  {
    what: "HISTCONTROL with nothing",
    rc: "HISTCONTROL=; HISTTIMEFORMAT='%F %T '; shopt -s histappend histverify; PS1='$ '",
  },
  { what: "a history that is written at once", rc: "PROMPT_COMMAND='history -a; history -n'; PS1='$ '" },
  {
    what: "aliases over what scripts use",
    rc: "alias printf='echo no' command='echo no' unset='echo no' history='echo no' test='echo no' sh=dash; PS1='$ '",
  },
  {
    what: "functions over what scripts use",
    rc: "printf() { echo no; }; cd() { builtin cd \"$@\"; }; PS1='$ '",
  },
  {
    what: "noclobber, nounset and failglob",
    rc: "set -o noclobber; shopt -s failglob extglob; IFS=:; PS1='$ '",
  },
  { what: "POSIX mode", rc: "set -o posix; PS1='$ '" },
  { what: "bracketed paste off", rc: "bind 'set enable-bracketed-paste off'; PS1='$ '" },
  { what: "20 columns", rc: "PS1='\\w $ '", cols: 20 },
  { what: "7 columns and a longer prompt", rc: "PS1='a long prompt here $ '", cols: 7 },
];

const zsh: readonly Home[] = [
  { what: "vi mode", rc: "bindkey -v; KEYTIMEOUT=1; PS1='%~ > '" },
  { what: "hooks", rc: "precmd() { echo before $?; }; preexec() { echo \"exec $1\"; }; PS1='%# '" },
  {
    what: "hooks that hook",
    rc: "autoload -Uz add-zsh-hook; h() { false; }; add-zsh-hook precmd h; add-zsh-hook preexec h; setopt promptsubst; PS1='$(echo sub) %# '",
  },
  { what: "extended globs", rc: "setopt extendedglob nomatch noclobber; PS1='%# '" },
  { what: "no comments", rc: "unsetopt interactivecomments; setopt nobanghist; PS1='%# '" },
  {
    what: "shared history",
    rc: "HISTFILE=~/.zh; SAVEHIST=100; HISTSIZE=100; setopt sharehistory incappendhistory extendedhistory; PS1='%# '",
  },
  { what: "correction", rc: "setopt correct correctall; PS1='%# '" },
  { what: "errors", rc: "setopt nounset pipefail printexitvalue; PS1='%# '", isTalkative: true },
  { what: "a trap", rc: "TRAPZERR() { echo failed; }; PS1='%# '", isTalkative: true },
  { what: "set -x", rc: "PS1='%# '; set -x", isTalkative: true },
  { what: "sh emulation of words", rc: "setopt shwordsplit ksharrays; PS1='%# '" },
  { what: "prompts on both sides", rc: "PS1=$'\\n%F{blue}%~%f\\n❯ '; RPS1='%* %?'; setopt transientrprompt" },
  { what: "a prompt that redraws", rc: "TMOUT=1; TRAPALRM() { zle reset-prompt; }; PS1='%* %# '" },
  {
    what: "widgets as highlighters have",
    // biome-ignore lint/suspicious/noTemplateCurlyInString: shell, not a template.
    rc: "zle-line-pre-redraw() { region_highlight=(\"0 ${#BUFFER} bold\"); }; zle -N zle-line-pre-redraw; zle-line-init() { zle -R; }; zle -N zle-line-init; autoload -Uz bracketed-paste-magic url-quote-magic; zle -N bracketed-paste bracketed-paste-magic; zle -N self-insert url-quote-magic; PS1='%# '",
  },
  {
    what: "aliases over what scripts use",
    rc: "alias printf='echo no' unset='echo no'; PS1='%# '",
  },
  { what: "20 columns", rc: "PS1='%~ %# '", cols: 20 },
];

const fish: readonly Home[] = [
  { what: "vi mode", rc: "fish_vi_key_bindings" },
  {
    what: "a prompt of several lines",
    rc: "function fish_prompt; echo; set_color blue; pwd; set_color normal; echo -n '❯ '; end; function fish_right_prompt; date; end",
  },
  {
    what: "events",
    rc: "function a --on-event fish_preexec; echo pre; end; function b --on-event fish_postexec; echo post; false; end",
  },
  {
    what: "a prompt that redraws",
    rc: 'function fish_prompt; echo -n "$x> "; end; function r --on-signal USR1; set -g x async; commandline -f repaint; end; function p --on-event fish_prompt; fish -c "kill -USR1 $fish_pid" &; disown; end',
  },
  {
    what: "abbreviations and aliases",
    rc: "abbr -a eval 'echo no'; abbr -a sh 'echo no'",
  },
  { what: "20 columns", rc: "", cols: 20 },
];

const homes = Object.entries({ bash, zsh, fish }).flatMap(([kind, list]) =>
  list.map((home) => ({ kind, ...home })),
);
const files: Readonly<Record<string, string>> = {
  bash: ".bashrc",
  zsh: ".zshrc",
  fish: ".config/fish/config.fish",
};

describe("run where the start files hold", () => {
  let sandbox: Sandbox;
  let client: RunClient | undefined;
  afterEach(() => {
    client?.close();
    sandbox?.dispose();
  });

  it.each(homes)("$kind: $what", async ({ kind, rc, isTalkative, cols }) => {
    if (spawnSync("sh", ["-c", `command -v ${kind}`]).status !== 0) return;
    sandbox = new Sandbox({ PS1: undefined, fish_greeting: "" });
    const file = join(sandbox.home, files[kind] ?? "");
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, `${rc}\n`);
    const size = cols === undefined ? [] : ["--size", `${cols}x24`];
    expect(sandbox.run(["new", "-d", "x", ...size, "--", kind, "-i"])).toMatchObject({ status: 0 });
    client = await RunClient.open(sandbox.socketPath);
    const runs = client;
    const run = async (command: string) => {
      const { output, ...rest } = await runs.run("x", command);
      return { ...rest, text: output.toString() };
    };
    const has = (text: string) => (isTalkative ? expect.stringContaining(text) : text);
    const isFish = kind === "fish";
    for (let round = 0; round < 3; round++) {
      expect(await run(`echo ${round}; sh -c 'exit ${round + 3}'`)).toMatchObject({
        exitCode: round + 3,
        text: has(`${round}\n`),
      });
    }
    expect(await run("/bin/echo 'it'; # is\n/bin/echo done # two")).toMatchObject({
      exitCode: 0,
      text: isTalkative ? expect.stringMatching(/^it$.*^done$/ms) : "it\ndone\n",
    });
    expect(await run("true")).toMatchObject({ exitCode: 0, ...(isTalkative ? {} : { text: "" }) });
    expect(await run("false")).toMatchObject({ exitCode: 1, ...(isTalkative ? {} : { text: "" }) });
    expect(await run(isFish ? "set -g kept 1" : "kept=1; cd /usr")).toMatchObject({ exitCode: 0 });
    expect(await run("/bin/echo /et[c] >/dev/null; /bin/echo $kept")).toMatchObject({ text: has("1\n") });
    expect((await run("no-such-command-here")).exitCode).toBe(127);
    if (!isFish) expect((await run("echo 'unfinished")).exitCode).toBeGreaterThan(0);
    expect(await run("/bin/echo abc; exit 6")).toMatchObject({
      exitCode: 6,
      text: expect.stringContaining("abc"),
    });
    expect(readFileSync(file, "utf8")).toBe(`${rc}\n`);
  });
});
