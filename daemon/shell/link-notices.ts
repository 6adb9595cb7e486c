// Which notice the clients get for what happens to the link. Pure.
import { AgentdError } from "../../shared/errors.js";
import { type BackNotice, isHarmless, type Notice, type NoticeSpan } from "../../shared/notice.js";
import type { LinkEvent, TimeSpan } from "../upstream/link.js";
import type { AttachedClient } from "./clients/attached-client.js";
import type { ShellState } from "./shell-state.js";

export interface LinkHistory {
  /** The shell was live before in this process. */
  readonly again: boolean;
  /** The last loss was a planned one: a return to the same shell, with nothing lost, is not worth a word. */
  readonly planned: boolean;
  /** Typed bytes that wait for the link. */
  readonly held: number;
  /** Typed bytes that were sent before the loss, and may not have arrived. */
  readonly inDoubt: number;
}

/** The notice for a link event, or undefined when there is nothing to say. */
export function noticeOf(event: LinkEvent, history: LinkHistory): Notice | undefined {
  const notice = plainNotice(event, history);
  return history.planned && notice?.kind === "back" && isHarmless(notice) ? undefined : notice;
}

function plainNotice(event: LinkEvent, { again, held, inDoubt }: LinkHistory): Notice | undefined {
  switch (event.kind) {
    case "connecting":
      return undefined;
    case "live":
      // Whether it is the same shell may be known only with a confirmation: then the notice comes with that.
      if (!again || event.verdict === "first" || event.verdict === "unknown") return undefined;
      return back(event, event.gap, inDoubt);
    case "confirmed":
      return back(event, event.bytesDropped || undefined, inDoubt);
    case "lost": {
      const { attempt, reason, retryAt, planned } = event;
      // Our own renewal is nobody's business, unless it was answered by silence.
      if (planned && inDoubt === 0) return undefined;
      const keys = { ...count("held", held), ...count("inDoubt", inDoubt) };
      return { kind: "lost", attempt, reason, ...retryTime(retryAt), ...keys };
    }
    case "silent":
      return {
        kind: "silent",
        ...(event.forMs === undefined ? {} : { seconds: Math.round(event.forMs / 1000) }),
      };
    case "replayed": {
      const { ambiguous, missing } = event;
      if (!ambiguous && missing === undefined) return undefined;
      return { kind: "replayed", ambiguous, ...(missing === undefined ? {} : { missing: isoSpan(missing) }) };
    }
    case "discarded":
      return event;
    case "asleep":
      // Nobody is attached then.
      return undefined;
    case "needs-credentials":
      return { kind: "waiting", reason: "credentials", message: event.message };
    case "capacity":
      return { kind: "waiting", reason: "capacity", message: event.message };
  }
}

/** Says which of our own shells hold places on the full runtime: those can be given up. Other events and errors stay as they are. */
export function nameHolders<T extends LinkEvent | AgentdError>(what: T, names: readonly string[]): T;
export function nameHolders(
  what: LinkEvent | AgentdError,
  names: readonly string[],
): LinkEvent | AgentdError {
  if (!(what instanceof AgentdError))
    return what.kind === "capacity" ? { ...what, message: withHolders(what.message, names) } : what;
  return what.code === "capacity" ? new AgentdError("capacity", withHolders(what.message, names)) : what;
}

function withHolders(message: string, names: readonly string[]): string {
  const held = names.length === 0 ? "none of them is held by agentd" : `agentd holds ${names.join(", ")}`;
  const cure = names.length === 0 ? "" : " · agentd kill one of them";
  return `${message} · ${held}${cure}`;
}

/** A span of time as clients read it. */
export function isoSpan({ from, to }: TimeSpan): NoticeSpan {
  return { from: new Date(from).toISOString(), to: new Date(to).toISOString() };
}

/** What a client is told that comes while the shell is not live, or undefined when there is nothing to tell. */
function noticeOfState(state: ShellState, held = 0): Notice | undefined {
  switch (state.kind) {
    case "taken":
      return { kind: "taken" };
    case "reconnecting": {
      const { attempt, reason, retryAt } = state;
      return { kind: "lost", attempt, reason, ...retryTime(retryAt), ...count("held", held) };
    }
    case "asleep":
      return { kind: "lost", attempt: 1, reason: "it was idle", ...count("held", held) };
    case "needs-credentials":
      return { kind: "waiting", reason: "credentials", message: state.message };
    case "capacity":
      return { kind: "waiting", reason: "capacity", message: state.message };
    default:
      return undefined;
  }
}

/** One that comes while the link is down, or after the end, learns it at once. @param held typed bytes that wait */
export function tellState(
  client: Pick<AttachedClient, "notify" | "finish">,
  state: ShellState,
  createdAt: number,
  held: number,
): void {
  const notice = noticeOfState(state, held);
  if (notice !== undefined) client.notify(notice);
  const last = lastNotice(state, createdAt);
  if (last !== undefined) client.finish(last);
}

/** What a client is told before it is sent away, or undefined while the shell is not over. */
export function lastNotice(state: ShellState, createdAt: number): Notice | undefined {
  if (state.kind === "gone") return { kind: "gone", message: state.message };
  if (state.kind !== "ended") return undefined;
  return { kind: "ended", exit: state.exit, durationMs: Math.max(0, state.endedAt - createdAt) };
}

/** What only a person can take out of the way; undefined for every other event. */
export function obstacleOf(event: LinkEvent): AgentdError | undefined {
  if (event.kind !== "needs-credentials" && event.kind !== "capacity") return undefined;
  return new AgentdError(event.kind === "capacity" ? "capacity" : "no_credentials", event.message);
}

/** For whoever comes to a shell that has just been let go of: the same as its clients were told. */
export function partedFrom(name: string, notice: Notice): AgentdError {
  if (notice.kind !== "gone") return new AgentdError("daemon_stopping", "the daemon is stopping · try again");
  return new AgentdError("shell_ended", `shell '${name}' is gone: ${notice.message}`);
}

/** @param lost bytes, when that is known; a server that does not count its output never says that nothing is lost. */
function back(
  { kind, verdict, heldDiscarded = 0 }: Extract<LinkEvent, { kind: "live" | "confirmed" }>,
  lost: number | undefined,
  inDoubt: number,
): BackNotice | undefined {
  if (verdict === "first") return undefined;
  const keys = { ...count("heldDiscarded", heldDiscarded), ...count("inDoubt", inDoubt) };
  const counted = kind === "live" && lost !== undefined ? { counted: true as const } : {};
  return { kind: "back", verdict, bytesLost: lost ?? 0, ...counted, ...keys };
}

/** A count of bytes, or nothing when there are none. */
function count<K extends string>(name: K, bytes: number): Partial<Record<K, number>> {
  return bytes === 0 ? {} : ({ [name]: bytes } as Record<K, number>);
}

function retryTime(retryAt: number | undefined): { retryAt?: string } {
  return retryAt === undefined ? {} : { retryAt: new Date(retryAt).toISOString() };
}
