// What can be done to a shell from the page besides typing: make, rename, kill; each asks first what it has to.
/// <reference lib="dom" />
import { checkShellName, printable } from "../../shared/names.js";
import type { Params, TargetRequest } from "../../shared/rpc.js";
import { confirmDialog, formOf, frame, inputDialog, labelled, showDialog, textInput } from "./dialogs.js";
import { el } from "./elements.js";
import type { Directory } from "./link/directory.js";
import { freeName } from "./list/shell-order.js";

const NAME_HINT = "1 to 64 of A-Z a-z 0-9 . _ -";

/** Whether this tab's link may do more than type. */
export function mayManage({ scope }: Directory): boolean {
  return scope.owner;
}

/** @param onRenamed gets the new name. */
export async function renameShell(
  directory: Directory,
  name: string,
  onRenamed: (to: string) => void = () => {},
): Promise<void> {
  await inputDialog({
    title: `Rename ${name}`,
    label: "New name",
    value: name,
    yes: "Rename",
    hint: NAME_HINT,
    submit: async (value) => {
      const to = checkShellName(value);
      if (to !== name) await directory.call("shell.rename", { name, to });
      onRenamed(to);
    },
  });
}

/** True when it was killed. @throws AgentdError */
export async function killShell(directory: Directory, name: string): Promise<boolean> {
  const state = directory.shells.get(name)?.state;
  const over = state === "ended" || state === "gone";
  const sure = await confirmDialog({
    title: over ? `Forget ${name}?` : `Kill ${name}?`,
    text: over
      ? "It has ended; it will leave the list."
      : "Its programs end now, for everybody who is attached.",
    yes: over ? "Forget" : "Kill",
    danger: true,
  });
  if (sure) await directory.call("shell.kill", { name });
  return sure;
}

/** Resolves with the name of the new shell, or undefined when nobody wanted one. */
export async function createShell(directory: Directory): Promise<string | undefined> {
  const dialog = frame("New shell", "dialog");
  const name = textInput(freeName(new Set(directory.shells.keys())));
  const target = textInput("");
  target.placeholder = "arn:aws:bedrock-agentcore:…";
  const targetField = labelled("ARN of the runtime", target);
  targetField.hidden = true;
  const places = [
    { label: "This machine", runtime: () => undefined },
    ...directory.targets.map((known) => ({ label: printable(known, 64), runtime: () => known })),
    { label: "Another AgentCore runtime", runtime: () => target.value.trim() },
  ];
  const radios = places.map((_, index) => radio(index));
  const preferred = directory.targets.indexOf(directory.defaultTarget ?? "") + 1;
  const chosen = () => radios.findIndex(({ checked }) => checked);
  for (const input of radios)
    input.addEventListener("change", () => {
      targetField.hidden = chosen() !== places.length - 1;
      if (!targetField.hidden) target.focus();
    });
  const first = radios[preferred];
  if (first !== undefined) first.checked = true;
  const form = formOf(dialog, "Create", async () => {
    await directory.call("shell.new", request(name.value.trim(), places[chosen()]?.runtime()));
  });
  form.prepend(
    labelled("Name", name, NAME_HINT),
    el(
      "fieldset",
      { class: "choice" },
      el("legend", { class: "label", text: "Where" }),
      ...radios.map((input, index) =>
        el("label", {}, input, el("span", { text: places[index]?.label ?? "" })),
      ),
    ),
    targetField,
  );
  dialog.append(form);
  const shown = showDialog(dialog);
  name.select();
  return (await shown) === "done" ? name.value.trim() : undefined;
}

function request(name: string, runtimeArn: string | undefined): Params<"shell.new"> {
  // A page has neither a directory nor an environment: the daemon gives a local shell those of a login.
  const target = (
    runtimeArn === undefined ? { kind: "local" } : { kind: "agentcore", runtimeArn }
  ) as TargetRequest;
  return { name: checkShellName(name), target };
}

function radio(index: number): HTMLInputElement {
  return el("input", { attrs: { type: "radio", name: "where", value: String(index) } });
}
