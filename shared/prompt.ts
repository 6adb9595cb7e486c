// Where the prompt of a shell stands, as programs mark it with OSC 133.

/** `prompt`: it is being drawn; `input`: it waits for typing; `running`: a command runs. */
export type PromptPhase = "prompt" | "input" | "running";

export interface PromptState {
  readonly phase: PromptPhase;
  /** Of the last command that ended, when the program says it. */
  readonly exitCode?: number;
}
