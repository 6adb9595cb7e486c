// What the holder of a pass sees of a shell: the owner all of it, a link no more than its page shows.
import { createHash } from "node:crypto";
import { Channel } from "../../shared/channel.js";
import { framePayload } from "../../shared/frame.js";
import { decodeNotice, encodeNotice } from "../../shared/notice.js";
import type { AttachedInfo, ScreenFrame, ShellEvent, ShellInfo } from "../../shared/rpc.js";
import type { WebPass } from "./pass.js";

/** Whether the holder of `pass` may know of a shell: of none when the pass is over, also before its sockets are closed. */
export function opens({ shell, isOver }: WebPass, name: string): boolean {
  return isOver !== true && (shell === undefined || shell === name);
}

/** Whether a notification is about a shell that `pass` opens, as it is called now. */
export function sees(pass: WebPass, about: ShellEvent | ScreenFrame): boolean {
  return opens(pass, "shell" in about ? about.shell.name : about.name);
}

/** The shell as the holder of `pass` is told of it. */
export function shellFor({ kind }: WebPass, shell: ShellInfo): ShellInfo {
  return kind === "owner" ? shell : lessOf(shell);
}

/** A notification as the holder of `pass` gets it. */
export function noticeFor<T extends ShellEvent | ScreenFrame>(pass: WebPass, about: T): T {
  return "shell" in about ? { ...about, shell: shellFor(pass, about.shell) } : about;
}

/** A frame as the holder of `pass` gets it: why a shell is not there is told to its owner alone, for it names accounts and files. */
export function frameFor(pass: WebPass | undefined, frame: Uint8Array): Uint8Array {
  if (pass?.kind === "owner" || frame[0] !== Channel.Notice) return frame;
  const notice = decodeNotice(framePayload(frame));
  switch (notice?.kind) {
    case "lost":
      return encodeNotice({ ...notice, reason: "" });
    case "waiting":
      return encodeNotice({ ...notice, message: "its owner is asked" });
    case "gone":
      return encodeNotice({ ...notice, message: "it cannot be had any more" });
    case "ended":
      return notice.exit.kind === "unknown"
        ? encodeNotice({ ...notice, exit: { kind: "unknown", message: "its owner may know why" } })
        : frame;
    default:
      return frame;
  }
}

/**
 * Named one by one, so that what is added to a shell later stays the owner's. Ids, addresses, labels and reasons would say where it
 * runs, as whom, and how to take it; another id tells it apart just as well.
 */
function lessOf(shell: ShellInfo): ShellInfo {
  const { name, kind, state, clients, attached, cols, rows, sizePolicy, title, cwd, prompt } = shell;
  const { createdAt, activeAt, endedAt, exitCode, signal, bytesLost, verdict } = shell;
  const known = { sizePolicy, title, cwd, prompt, activeAt, endedAt, exitCode, signal, verdict };
  return {
    name,
    kind,
    state,
    runtimeSessionId: "",
    shellId: otherId(shell.shellId),
    clients,
    attached: attached?.map(withoutPlace),
    cols,
    rows,
    labels: {},
    createdAt,
    bytesLost,
    ...(Object.fromEntries(
      Object.entries(known).filter(([, value]) => value !== undefined),
    ) as Partial<ShellInfo>),
  };
}

function withoutPlace({ client: _, pid: __, tty: ___, ...attached }: AttachedInfo): AttachedInfo {
  return attached;
}

/** Names the shell for as long as it lives, and nothing anywhere else. */
function otherId(shellId: string): string {
  return createHash("sha256").update(`link ${shellId}`).digest("base64url").slice(0, 16);
}
