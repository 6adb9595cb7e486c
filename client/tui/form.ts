// The form for a new shell: pure, a key makes the next state of it or asks for something.
import { isShellName } from "../../shared/names.js";
import { type EditedLine, editedLine, editLine, type TypedKey } from "./line-editor.js";

export type Field = "name" | "target" | "command" | "directory";

export interface NewShellForm {
  readonly field: Field;
  readonly name: EditedLine;
  /** Used when no name is typed. */
  readonly freeName: string;
  /** `local` first. */
  readonly targets: readonly string[];
  readonly target: string;
  readonly command: EditedLine;
  readonly directory: EditedLine;
  /** What is wrong with it. */
  readonly problem?: string;
  /** The name of the shell that is being made of it: until that has come out, only closing it is possible. */
  readonly making?: string;
}

/** What was filled in. */
export interface NewShellRequest {
  readonly name: string;
  /** `local`, or the name of a target in the config file. */
  readonly target: string;
  /** For `sh -c`; absent: the login shell. */
  readonly command?: string;
  readonly directory?: string;
}

export type FormStep =
  | { readonly kind: "form"; readonly form: NewShellForm }
  | { readonly kind: "cancel" }
  /** `form` stays open until the shell is there. */
  | { readonly kind: "submit"; readonly form: NewShellForm; readonly request: NewShellRequest };

export function newShellForm(
  taken: readonly string[],
  targets: readonly string[],
  defaultTarget: string | undefined,
): NewShellForm {
  let number = 1;
  while (taken.includes(`shell-${number}`)) number++;
  const empty = editedLine("");
  return {
    field: "name",
    name: empty,
    freeName: `shell-${number}`,
    targets: ["local", ...targets],
    target: defaultTarget ?? "local",
    command: empty,
    directory: empty,
  };
}

/** What runs in a cloud shell is the runtime's own affair. */
export function fieldsOf(form: NewShellForm): readonly Field[] {
  return form.target === "local" ? ["name", "target", "command", "directory"] : ["name", "target"];
}

export function formKey(form: NewShellForm, typed: TypedKey, taken: readonly string[]): FormStep {
  const { problem: _, ...clean } = form;
  const isCancel = typed.key === "escape" || typed.key === "C-c";
  if (form.making !== undefined && !isCancel) return { kind: "form", form };
  switch (typed.key) {
    case "escape":
    case "C-c":
      return { kind: "cancel" };
    case "enter":
      return submit(clean, taken);
    case "tab":
    case "down":
      return { kind: "form", form: { ...clean, field: neighbour(form, 1) } };
    case "S-tab":
    case "up":
      return { kind: "form", form: { ...clean, field: neighbour(form, -1) } };
    default:
      return { kind: "form", form: edit(clean, typed) };
  }
}

/** The shell `name` could not be made: what was typed is there to be mended. Undefined: another form, or none of this. */
export function failedForm(form: NewShellForm, name: string, problem: string): NewShellForm | undefined {
  const { making, ...again } = form;
  return making === name ? { ...again, problem } : undefined;
}

function edit(form: NewShellForm, typed: TypedKey): NewShellForm {
  if (form.field !== "target") return { ...form, [form.field]: editLine(form[form.field], typed) };
  const step = typed.key === "left" ? -1 : typed.key === "right" || typed.key === "space" ? 1 : 0;
  const { target, targets } = form;
  return { ...form, target: targets.at((targets.indexOf(target) + step) % targets.length) ?? target };
}

function neighbour(form: NewShellForm, step: number): Field {
  const fields = fieldsOf(form);
  return fields.at((fields.indexOf(form.field) + step) % fields.length) ?? form.field;
}

function submit(form: NewShellForm, taken: readonly string[]): FormStep {
  const name = form.name.text.trim() || form.freeName;
  const bad = (problem: string): FormStep => ({ kind: "form", form: { ...form, field: "name", problem } });
  if (!isShellName(name)) return bad("1 to 64 of A-Z a-z 0-9 . _ - and no - in front");
  if (taken.includes(name)) return bad(`'${name}' exists`);
  const isLocal = form.target === "local";
  const command = isLocal ? form.command.text.trim() : "";
  const directory = isLocal ? form.directory.text.trim() : "";
  return {
    kind: "submit",
    form: { ...form, making: name },
    request: {
      name,
      target: form.target,
      ...(command === "" ? {} : { command }),
      ...(directory === "" ? {} : { directory }),
    },
  };
}
