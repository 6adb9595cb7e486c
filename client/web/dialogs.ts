// The page's dialogs: one question each, answered by a promise.
/// <reference lib="dom" />
import { button, el } from "./elements.js";
import { inPageWords } from "./page-words.js";

/** Shows `dialog` over everything; resolves with what it was closed with, "" for Esc. It is gone then. */
export function showDialog(dialog: HTMLDialogElement): Promise<string> {
  const before = document.activeElement;
  document.body.append(dialog);
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      dialog.remove();
      // This comes a moment after it was closed: a key may have moved the focus on by then.
      const isFree = document.activeElement === null || document.activeElement === document.body;
      if (isFree && before instanceof HTMLElement && before.isConnected)
        before.focus({ preventScroll: true });
      resolve(dialog.returnValue);
    });
    // A press beside it is a no.
    dialog.addEventListener("mousedown", (event) => {
      if (event.target === dialog) dialog.close("");
    });
    dialog.showModal();
    // What has the focus may be at the end of a long one.
    dialog.scrollTop = 0;
  });
}

export interface Question {
  readonly title: string;
  readonly text?: string;
  /** Shown as it is, in the terminal's letters. */
  readonly excerpt?: string;
  readonly yes: string;
  readonly danger?: boolean;
}

/** True when it was answered with yes. */
export async function confirmDialog(question: Question): Promise<boolean> {
  const dialog = frame(question.title, "alertdialog");
  if (question.text !== undefined) dialog.append(el("p", { text: question.text }));
  if (question.excerpt !== undefined)
    dialog.append(
      el("pre", { class: "excerpt", text: question.excerpt, attrs: { tabindex: "0", "aria-label": "Text" } }),
    );
  const yes = button(
    question.yes,
    () => dialog.close("yes"),
    question.danger ? "button danger" : "button primary",
  );
  yes.autofocus = true;
  dialog.append(
    el(
      "div",
      { class: "actions" },
      button("Cancel", () => dialog.close("")),
      yes,
    ),
  );
  return (await showDialog(dialog)) === "yes";
}

export interface InputQuestion {
  readonly title: string;
  readonly label: string;
  readonly value: string;
  readonly yes: string;
  readonly hint?: string;
  /** Does it; what it throws is shown, and the dialog stays. */
  submit(value: string): Promise<void>;
}

/** One line of text. Resolves when it is done or was left. */
export async function inputDialog(question: InputQuestion): Promise<void> {
  const dialog = frame(question.title, "dialog");
  const input = textInput(question.value);
  const form = formOf(dialog, question.yes, () => question.submit(input.value.trim()));
  form.prepend(labelled(question.label, input, question.hint));
  dialog.append(form);
  const shown = showDialog(dialog);
  input.select();
  await shown;
}

/** A dialog with a heading that names it. */
export function frame(title: string, role: "dialog" | "alertdialog"): HTMLDialogElement {
  const heading = el("h2", { text: title, attrs: { id: "dialog-title" } });
  return el("dialog", { attrs: { role, "aria-labelledby": "dialog-title" } }, heading);
}

/** A form whose errors are shown in it; it closes its dialog when `submit` has succeeded. */
export function formOf(dialog: HTMLDialogElement, yes: string, submit: () => Promise<void>): HTMLFormElement {
  const problem = el("p", { class: "problem", attrs: { role: "alert" } });
  const go = el("button", { class: "button primary", text: yes, attrs: { type: "submit" } });
  const actions = el(
    "div",
    { class: "actions" },
    button("Cancel", () => dialog.close("")),
    go,
  );
  const form = el("form", {}, problem, actions);
  form.noValidate = true;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    go.disabled = true;
    problem.textContent = "";
    submit().then(
      () => dialog.close("done"),
      (error: unknown) => {
        problem.textContent = errorText(error);
        go.disabled = false;
      },
    );
  });
  return form;
}

export function textInput(value: string): HTMLInputElement {
  const input = el("input", {
    attrs: { type: "text", autocomplete: "off", autocapitalize: "off", spellcheck: "false" },
  });
  input.value = value;
  return input;
}

export function labelled(label: string, input: HTMLElement, hint?: string): HTMLLabelElement {
  const text = el("span", { class: "label", text: label });
  return el(
    "label",
    { class: "field" },
    text,
    input,
    hint === undefined ? undefined : el("span", { class: "hint", text: hint }),
  );
}

/** One line for an error, in the words of whoever raised it but for what to do. */
export function errorText(error: unknown): string {
  if (error instanceof Error && error.name === "AgentdError") return inPageWords(error.message);
  return "agentd does not answer; try again when it is back";
}
