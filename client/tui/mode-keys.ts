// The keys while something besides the list has the keyboard: the filter, a form, a question, the help.
import { isLabelKey, isShellName, MAX_LABEL_VALUE } from "../../shared/names.js";
import { failedForm, formKey, newShellForm } from "./form.js";
import { type Command, commandOf } from "./key-bindings.js";
import { editedLine, editLine, type TypedKey } from "./line-editor.js";
import { idOf, type Mode, selectedShell, type TuiAction, type TuiState, visibleShells } from "./state.js";

interface Step {
  readonly state: TuiState;
  readonly actions: readonly TuiAction[];
}

const LIST: Mode = { kind: "list" };

/** The state in which `command` has been begun. */
export function changeMode(state: TuiState, command: Command): TuiState {
  const shell = selectedShell(state);
  const names = state.shells.map(({ name }) => name);
  switch (command) {
    case "filter":
      return { ...state, mode: { kind: "filter", line: editedLine(state.filter) } };
    case "help":
      return { ...state, mode: { kind: "help" } };
    case "new":
      return {
        ...state,
        mode: { kind: "form", form: newShellForm(names, state.targets, state.defaultTarget) },
      };
    case "kill":
    case "rename":
    case "label": {
      if (shell === undefined) return state;
      const id = idOf(shell);
      if (command === "kill") return { ...state, mode: { kind: "kill", id } };
      return {
        ...state,
        mode: { kind: command, id, line: editedLine(command === "rename" ? shell.name : "") },
      };
    }
    default:
      return state;
  }
}

export function modeKey(state: TuiState, typed: TypedKey): Step {
  const { mode } = state;
  const isCancel = typed.key === "escape" || typed.key === "C-c";
  switch (mode.kind) {
    case "filter":
      return { state: filterKey(state, mode, typed, isCancel), actions: [] };
    case "form": {
      const names = state.shells.map(({ name }) => name);
      const step = formKey(mode.form, typed, names);
      if (step.kind === "form")
        return { state: { ...state, mode: { kind: "form", form: step.form } }, actions: [] };
      if (step.kind === "cancel") return { state: { ...state, mode: LIST }, actions: [] };
      return {
        state: { ...state, mode: { kind: "form", form: step.form } },
        actions: [{ kind: "create", request: step.request }],
      };
    }
    case "kill":
      return killKey(state, mode, typed, isCancel);
    case "rename":
    case "label":
      if (isCancel) return { state: { ...state, mode: LIST }, actions: [] };
      if (typed.key === "enter") return promptDone(state, mode);
      return { state: { ...state, mode: { ...mode, line: editLine(mode.line, typed) } }, actions: [] };
    default:
      // Any key closes the help.
      return { state: { ...state, mode: LIST }, actions: [] };
  }
}

/** The list follows every letter; the arrows move in it meanwhile. */
function filterKey(
  state: TuiState,
  mode: Extract<Mode, { kind: "filter" }>,
  typed: TypedKey,
  isCancel: boolean,
): TuiState {
  if (isCancel) return { ...state, filter: "", mode: LIST };
  if (typed.key === "enter") return { ...state, mode: LIST };
  if (typed.key === "up" || typed.key === "down") {
    const shells = visibleShells(state);
    const index = shells.findIndex((shell) => idOf(shell) === state.selected) + (typed.key === "up" ? -1 : 1);
    const next = shells[index];
    return next === undefined ? state : { ...state, selected: idOf(next) };
  }
  const line = editLine(mode.line, typed);
  return { ...state, filter: line.text, mode: { kind: "filter", line } };
}

/** Only a `y` ends a shell; one that has ended meanwhile is only forgotten by that. */
function killKey(
  state: TuiState,
  mode: Extract<Mode, { kind: "kill" }>,
  typed: TypedKey,
  isCancel: boolean,
): Step {
  const shell = state.shells.find((candidate) => idOf(candidate) === mode.id);
  const closed = { ...state, mode: LIST };
  if (typed.key === "y" && shell !== undefined) {
    return { state: closed, actions: [{ kind: "kill", name: shell.name }] };
  }
  const isNo = isCancel || typed.key === "n" || commandOf(typed.key) === "quit" || shell === undefined;
  return { state: isNo ? closed : state, actions: [] };
}

function promptDone(state: TuiState, mode: Extract<Mode, { kind: "rename" | "label" }>): Step {
  const shell = state.shells.find((candidate) => idOf(candidate) === mode.id);
  const closed: TuiState = { ...state, mode: LIST };
  const text = mode.line.text.trim();
  if (shell === undefined)
    return { state: { ...closed, message: { text: "the shell is gone", tone: "error" } }, actions: [] };
  const bad = (problem: string): Step => ({ state: { ...state, mode: { ...mode, problem } }, actions: [] });
  if (mode.kind === "rename") {
    if (text === shell.name) return { state: closed, actions: [] };
    if (!isShellName(text)) return bad("1 to 64 of A-Z a-z 0-9 . _ - and no - in front");
    if (state.shells.some(({ name }) => name === text)) return bad(`'${text}' exists`);
    return { state: closed, actions: [{ kind: "rename", name: shell.name, to: text }] };
  }
  if (text === "") return { state: closed, actions: [] };
  const labels: Record<string, string | null> = {};
  for (const word of text.split(/\s+/)) {
    const [key = "", ...rest] = word.split("=");
    const value = rest.join("=");
    if (rest.length === 0 || !isLabelKey(key) || value.length > MAX_LABEL_VALUE)
      return bad("write KEY=VALUE; KEY= removes it");
    labels[key] = value === "" ? null : value;
  }
  return { state: closed, actions: [{ kind: "label", name: shell.name, labels }] };
}

/** How the making of the shell `name` came out: its form closes, or says why not; without it the message line does. */
export function madeOrNot(state: TuiState, name: string, problem: string | undefined): TuiState {
  const form = state.mode.kind === "form" ? state.mode.form : undefined;
  if (problem === undefined) {
    const made: TuiState = {
      ...state,
      wanted: name,
      message: { text: `made ${name} · Enter attaches`, tone: "info" },
    };
    return form?.making === name ? { ...made, mode: LIST } : made;
  }
  const failed = form === undefined ? undefined : failedForm(form, name, problem);
  if (failed !== undefined) return { ...state, mode: { kind: "form", form: failed } };
  return { ...state, message: { text: problem, tone: "error" } };
}
