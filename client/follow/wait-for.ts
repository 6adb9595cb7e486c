// Waits until something is true of a shell: a text, a prompt, silence, its end.
import { AgentdError } from "../../shared/errors.js";
import { printable } from "../../shared/names.js";
import type { Notice } from "../../shared/notice.js";
import type { ScreenCapture } from "../../shared/screen-capture.js";
import { exitCodeOf, type ShellExit } from "../../shared/status.js";
import type { Context } from "../cli/context.js";
import type { DaemonConnection } from "../daemon/daemon-connection.js";
import { LineText } from "./line-text.js";
import { isAtPrompt, type ShellLook } from "./prompt-evidence.js";
import { type FollowEnd, ShellFollower } from "./shell-follower.js";
import { ShellLooks } from "./shell-looks.js";

export type Condition =
  /** `onlyNew`: what is on the screen at the call does not count. */
  | { readonly kind: "text"; readonly pattern: RegExp; readonly onlyNew: boolean }
  | { readonly kind: "prompt" }
  | { readonly kind: "idle"; readonly ms: number }
  | { readonly kind: "exit" };

/** What came true, as `wait --json` shows it besides `v`, `name` and `condition`. */
export interface Fulfilled {
  /** The line that matched. */
  readonly line?: string;
  readonly exitCode?: number;
  readonly signal?: number;
  /** Why there is no exit code. */
  readonly message?: string;
}

export interface WaitOptions {
  readonly context: Context;
  /** Used up by this. */
  readonly connection: DaemonConnection;
  readonly name: string;
  readonly condition: Condition;
  readonly timeoutMs: number | undefined;
}

/** The echo of what was just typed is on its way: only what stays quiet for so long is a prompt. */
const LOCAL_QUIET_MS = 200;
const CLOUD_QUIET_MS = 700;
/** Without output a process can begin to wait: looked at again. */
const AGAIN_MS = 300;
/** A screen that is being drawn is looked at so often. */
const SCREEN_MS = 100;

/** @throws AgentdError `timeout`, `shell_ended` (it cannot come true any more), `shell_not_found`, `daemon_unavailable`. */
export async function waitFor({
  context,
  connection,
  name,
  condition,
  timeoutMs,
}: WaitOptions): Promise<Fulfilled> {
  const { screen, epoch, offset } = await connection.call("shell.capture", { name, format: "json" });
  const cleanUp: (() => void)[] = [];
  try {
    return await new Promise<Fulfilled>((resolve, reject) => {
      const fail = (thrown: unknown) => reject(AgentdError.from(thrown));
      const watch = watcherOf(condition, screen?.cols ?? 80, resolve);
      cleanUp.push(() => watch.stop?.());
      if (timeoutMs !== undefined) {
        const text = `${describe(condition)} has not come in ${timeoutMs / 1000}s · agentd capture ${name} shows the screen`;
        const timer = setTimeout(() => reject(new AgentdError("timeout", text)), timeoutMs);
        cleanUp.push(() => clearTimeout(timer));
      }
      let looks: ShellLooks | undefined;
      let again: NodeJS.Timeout | undefined;
      cleanUp.push(() => {
        clearTimeout(again);
        looks?.stop();
      });
      const follow = async () => {
        const follower = await ShellFollower.attach(
          context,
          connection,
          name,
          { epoch, offset },
          {
            onOutput: (bytes) => {
              watch.onOutput?.(bytes);
              looks?.soon();
              return true;
            },
            onNotice: (notice) => watch.onNotice?.(notice),
            onGap: () => looks?.soon(),
            onDaemon: (isThere) => watch.onDaemon?.(isThere),
          },
        );
        cleanUp.push(() => follower.stop());
        const delayMs = watch.isSteady
          ? SCREEN_MS
          : follower.shell.kind === "local"
            ? LOCAL_QUIET_MS
            : CLOUD_QUIET_MS;
        looks =
          watch.onLook === undefined
            ? undefined
            : new ShellLooks({
                context,
                name: () => follower.shell.name,
                delayMs,
                steady: watch.isSteady,
                onLook: (look) => {
                  watch.onLook?.(look);
                  if (!watch.isSteady) again = setTimeout(() => looks?.soon(), AGAIN_MS);
                },
              });
        looks?.soon();
        const end = await follower.run();
        // The last it printed may be on the screen only.
        if (end.kind === "over" && watch.isSteady) await looks?.now();
        resolve(endOf(end, condition, name));
      };
      if (screen !== undefined) watch.onScreen?.(screen);
      follow().catch(fail);
    });
  } finally {
    for (const step of cleanUp.reverse()) step();
  }
}

interface Watcher {
  /** Looks come while output goes on; else when it has been quiet. */
  readonly isSteady: boolean;
  onScreen?(screen: ScreenCapture): void;
  onOutput?(bytes: Uint8Array): void;
  onNotice?(notice: Notice): void;
  onDaemon?(isThere: boolean): void;
  onLook?(look: ShellLook): void;
  stop?(): void;
}

function watcherOf(condition: Condition, cols: number, fulfil: (with_: Fulfilled) => void): Watcher {
  switch (condition.kind) {
    case "text":
      return textWatcher(condition, cols, fulfil);
    case "prompt":
      return { isSteady: false, onLook: ({ info, screen }) => void (isAtPrompt(info, screen) && fulfil({})) };
    case "idle":
      return idleWatcher(condition.ms, fulfil);
    case "exit":
      return { isSteady: false };
  }
}

function textWatcher(
  { pattern, onlyNew }: Extract<Condition, { kind: "text" }>,
  cols: number,
  fulfil: (with_: Fulfilled) => void,
): Watcher {
  const lines = new LineText({ cols, alternate: "keep" });
  const test = (line: string) => void (pattern.test(line) && fulfil({ line }));
  const onScreen = (screen: ScreenCapture) => {
    let joined = "";
    for (const { text, wrapped, spans } of screen.lines) {
      test(text);
      const whole = spans.map((span) => span.text).join("");
      joined = wrapped === true ? joined + whole : whole;
      if (wrapped === true) test(joined.trimEnd());
    }
  };
  return {
    isSteady: true,
    onOutput: (bytes) => {
      for (const line of lines.push(bytes)) test(line);
      test(lines.rest);
    },
    onNotice: (notice) => void (notice.kind === "resized" && lines.resize(notice.cols)),
    ...(onlyNew ? {} : { onScreen, onLook: ({ screen }: ShellLook) => onScreen(screen) }),
  };
}

/** While the link is down, or the daemon away, silence means nothing. */
function idleWatcher(ms: number, fulfil: (with_: Fulfilled) => void): Watcher {
  let timer: NodeJS.Timeout | undefined;
  const restart = () => {
    clearTimeout(timer);
    timer = setTimeout(() => fulfil({}), ms);
  };
  restart();
  return {
    isSteady: false,
    onOutput: restart,
    onNotice: ({ kind }) => {
      if (kind === "lost" || kind === "waiting" || kind === "taken") clearTimeout(timer);
      else if (kind === "back" || kind === "replayed") restart();
    },
    onDaemon: (isThere) => (isThere ? restart() : clearTimeout(timer)),
    stop: () => clearTimeout(timer),
  };
}

/** @throws AgentdError when the end is not what was waited for. */
function endOf(end: FollowEnd, condition: Condition, name: string): Fulfilled {
  if (end.kind === "cut") throw end.error;
  const { notice } = end;
  if (condition.kind === "exit")
    return notice.kind === "ended" ? exitOf(notice.exit) : { message: notice.message };
  const how = notice.kind === "ended" ? exitText(notice.exit) : "is gone";
  throw new AgentdError("shell_ended", `${name} ${how} before ${describe(condition)} came`);
}

function exitOf(exit: ShellExit): Fulfilled {
  const exitCode = exitCodeOf(exit);
  return {
    ...(exitCode === undefined ? {} : { exitCode }),
    ...(exit.kind === "signal" ? { signal: exit.signal } : {}),
    ...(exit.kind === "unknown" ? { message: exit.message } : {}),
  };
}

function exitText(exit: ShellExit): string {
  return exit.kind === "unknown" ? "ended" : `exited (${exit.exitCode})`;
}

function describe(condition: Condition): string {
  if (condition.kind === "text") return `'${printable(condition.pattern.source, 60)}'`;
  return { prompt: "a prompt", idle: "silence", exit: "the end" }[condition.kind];
}
