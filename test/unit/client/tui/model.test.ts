// The TUI without a terminal: states, events, actions, and the pictures of them.

import { describe, expect, it } from "vitest";
import { type TuiEvent, update } from "../../../../client/tui/model.js";
import {
  idOf,
  initialState,
  selectedShell,
  type TuiAction,
  type TuiState,
  visibleShells,
} from "../../../../client/tui/state.js";
import { view } from "../../../../client/tui/view.js";
import type { ShellInfo } from "../../../../shared/rpc.js";
import { type Arbitrary, fc } from "../../../support/property.js";

const UNSAFE = /[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/;
const NOW = Date.parse("2026-01-01T00:00:00Z");
const iso = (agoMs: number) => new Date(NOW - agoMs).toISOString();

function shell(name: string, more: Partial<ShellInfo> = {}): ShellInfo {
  return {
    name,
    kind: "local",
    state: "live",
    runtimeSessionId: `session-of-${name}`,
    shellId: `id-of-${name}`,
    clients: 0,
    attached: [],
    cols: 80,
    rows: 24,
    labels: {},
    createdAt: iso(60_000),
    connectedAt: iso(60_000),
    bytesLost: 0,
    ...more,
  };
}

const key = (name: string): TuiEvent => ({
  kind: "key",
  typed: { key: name, ...(name.length === 1 ? { text: name } : {}) },
});

/** The state after all of it, and every action on the way. */
function play(state: TuiState, ...events: readonly TuiEvent[]): { state: TuiState; actions: TuiAction[] } {
  const actions: TuiAction[] = [];
  let present = state;
  for (const event of events) {
    const step = update(present, event);
    present = step.state;
    actions.push(...step.actions);
  }
  return { state: present, actions };
}

function listed(...shells: readonly ShellInfo[]): TuiState {
  const start = initialState(120, 32, undefined, NOW);
  return play(start, { kind: "listed", shells }, { kind: "link", link: "live" }).state;
}

const picture = (state: TuiState) => {
  const canvas = view(state);
  return Array.from({ length: canvas.rows }, (_, y) => canvas.text(y)).join("\n");
};

describe("the model of the TUI", () => {
  it("shows who leads, how long a shell is idle, and what it lost", () => {
    const client = { id: 1, since: iso(5000), cols: 80, rows: 24, leads: true, tty: "/dev/pts/7" };
    const state = listed(
      shell("a", { clients: 1, attached: [client], activeAt: iso(125_000), bytesLost: 3482 }),
      shell("b", { state: "ended", exitCode: 3 }),
    );
    expect(picture(state)).toMatch(/ a +● live +local +1 pts\/7 +2m5s +1m +3\.4 KiB/);
    expect(picture(state)).toMatch(/ b +● ended 3/);
  });

  it("counts the places of every runtime, whatever the microVM", () => {
    const cloud = (name: string, agent: string, state: ShellInfo["state"] = "live") =>
      shell(name, {
        kind: "agentcore",
        state,
        runtimeSessionId: `session-of-${name}`,
        runtimeArn: `arn:x:runtime/${agent}`,
      });
    const shells = [cloud("a", "one"), cloud("b", "two"), cloud("c", "two"), cloud("d", "one", "gone")];
    expect(picture(listed(...shells)).split("\n")[0]).toMatch(/ two 2\/10 · one 1\/10$/);
  });

  it("keeps the selection on a shell that is renamed, and moves to its neighbour when it goes", () => {
    const start = play(listed(shell("a"), shell("b"), shell("c")), key("down")).state;
    expect(selectedShell(start)?.name).toBe("b");
    const renamed = { ...shell("b"), name: "z" };
    const moved = play(start, {
      kind: "shell",
      event: { kind: "renamed", from: "b", shell: renamed },
    }).state;
    expect(selectedShell(moved)?.name).toBe("z");
    const gone = play(moved, { kind: "shell", event: { kind: "forgotten", name: "z" } }).state;
    expect(selectedShell(gone)?.name).toBe("c");
  });

  it("ends a shell only for a y behind an x", () => {
    const state = listed(shell("a"));
    for (const keys of [["x", "n"], ["x", "enter"], ["y"], ["x", "escape", "y"]])
      expect(play(state, ...keys.map(key)).actions).toEqual([]);
    expect(play(state, key("x"), key("y")).actions).toEqual([{ kind: "kill", name: "a" }]);
  });

  it("asks again when the shell of the question has become another", () => {
    const asked = play(listed(shell("a"), shell("b")), key("x")).state;
    const gone = play(asked, { kind: "shell", event: { kind: "forgotten", name: "a" } }).state;
    expect(play(gone, key("y")).actions).toEqual([]);
  });

  it("takes labels and names only as the daemon does", () => {
    const state = listed(shell("a"), shell("b"));
    const type = (text: string) => Array.from(text, key);
    const label = play(state, key("L"), ...type("env=prod old="), key("enter"));
    expect(label.actions).toEqual([{ kind: "label", name: "a", labels: { env: "prod", old: null } }]);
    expect(play(state, key("L"), ...type("nonsense"), key("enter")).actions).toEqual([]);
    const rename = (text: string) => play(state, key("R"), key("C-u"), ...type(text), key("enter")).actions;
    expect(rename("ok")).toEqual([{ kind: "rename", name: "a", to: "ok" }]);
    expect([...rename("b"), ...rename("not ok"), ...rename("a")]).toEqual([]);
  });

  describe("of a form that was sent", () => {
    const type = (text: string) => Array.from(text, key);
    const sent = play(listed(shell("a")), key("n"), ...type("new"), key("enter"));

    it("stays open until the shell is there, and then selects it", () => {
      expect(sent.actions).toEqual([{ kind: "create", request: { name: "new", target: "local" } }]);
      expect(picture(sent.state)).toContain("starting new…");
      expect(play(sent.state, key("enter"), ...type("x")).actions).toEqual([]);
      const made = play(sent.state, { kind: "made", name: "new" });
      expect(made.state.mode).toEqual({ kind: "list" });
      const listedAfter = play(made.state, {
        kind: "shell",
        event: { kind: "changed", shell: shell("new") },
      });
      expect(selectedShell(listedAfter.state)?.name).toBe("new");
    });

    it("shows the whole of a failure, and keeps what was typed", () => {
      const problem = `${"a long story about the runtime ".repeat(6)}· agentd doctor`;
      const failed = play(sent.state, { kind: "made", name: "new", problem });
      const shown = picture(failed.state)
        .split("\n")
        .map((line) => /│ (.*?) *│/.exec(line)?.[1] ?? "")
        .join(" ");
      expect(shown).toContain(problem);
      expect(play(failed.state, key("enter")).actions).toEqual(sent.actions);
    });

    it("tells the failure in the message line when it was closed meanwhile, also beside another form", () => {
      const closed = play(sent.state, key("escape")).state;
      expect(picture(closed)).not.toContain("new shell");
      const failure: TuiEvent = { kind: "made", name: "new", problem: "no room" };
      expect(picture(play(closed, failure).state)).toContain("no room");
      const other = play(closed, key("n"), ...type("x"), failure).state;
      expect(other.mode).toMatchObject({ kind: "form", form: { name: { text: "x" } } });
      expect(other).toMatchObject({ message: { text: "no room", tone: "error" } });
    });
  });

  it("starts agentd again only for Enter when it was stopped on purpose", () => {
    const state = play(listed(shell("a")), { kind: "link", link: "waiting" }).state;
    expect(play(state, key("down"), key("d")).actions).toEqual([]);
    expect(play(state, key("enter")).actions).toEqual([{ kind: "connect" }]);
  });

  const names = fc.constantFrom("a", "b", "c", "d", "日本");
  const anyShell = fc.record({
    name: names,
    title: fc.string({ unit: "binary", maxLength: 40 }),
    lost: fc.nat(9),
  });
  const build = ({ name, title, lost }: { name: string; title: string; lost: number }) =>
    shell(name, { title, bytesLost: lost * 1000 });
  const anyEvent: Arbitrary<TuiEvent> = fc.oneof(
    {
      weight: 6,
      arbitrary: fc
        .constantFrom(
          "up",
          "down",
          "end",
          "home",
          "x",
          "n",
          "d",
          "/",
          "?",
          "R",
          "L",
          "enter",
          "escape",
          "a",
          "tab",
          "left",
          "backspace",
          "pagedown",
        )
        .map(key),
    },
    fc
      .uniqueArray(anyShell, { selector: ({ name }) => name })
      .map((all): TuiEvent => ({ kind: "listed", shells: all.map(build) })),
    anyShell.map((one): TuiEvent => ({ kind: "shell", event: { kind: "changed", shell: build(one) } })),
    names.map((name): TuiEvent => ({ kind: "shell", event: { kind: "forgotten", name } })),
    fc
      .record({ cols: fc.integer({ min: 1, max: 200 }), rows: fc.integer({ min: 1, max: 60 }) })
      .map((size): TuiEvent => ({ kind: "resize", ...size })),
    fc.record({ x: fc.nat(200), y: fc.nat(60) }).map((at): TuiEvent => ({ kind: "click", ...at, at: 0 })),
    fc.record({ name: names, line: fc.string({ unit: "binary", maxLength: 300 }) }).map(
      ({ line, name }): TuiEvent => ({
        kind: "screen",
        frame: {
          name,
          cols: 80,
          rows: 24,
          top: 0,
          lines: [line, `\u001b[31m${line}`],
          cursor: { x: 3, y: 1 },
        },
      }),
    ),
  );

  it("whatever happens: a shell that is listed is selected, in sight, and nothing but text reaches the terminal", () => {
    fc.assert(
      fc.property(fc.array(anyEvent, { maxLength: 40 }), (events) => {
        let state = initialState(80, 24, undefined, NOW);
        for (const event of events) {
          state = update(state, event).state;
          const visible = visibleShells(state);
          if (visible.length > 0) expect(visible.map(idOf)).toContain(state.selected);
          expect(state.scroll).toBeGreaterThanOrEqual(0);
          const canvas = view(state);
          const cells = Array.from({ length: canvas.cols * canvas.rows }, (_, index) =>
            canvas.cell(index % canvas.cols, Math.floor(index / canvas.cols)),
          );
          expect(cells.map(({ text }) => text).join("")).not.toMatch(UNSAFE);
          expect(cells.filter(({ style }) => !/^[\d;:]*$/.test(style))).toEqual([]);
        }
      }),
      { numRuns: 60 },
    );
  });
});
