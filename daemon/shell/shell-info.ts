// How a shell looks from outside: the `ShellInfo` of the contract.
import type { Verdict } from "../../shared/notice.js";
import type { PromptState } from "../../shared/prompt.js";
import type { AttachedInfo, ShellInfo } from "../../shared/rpc.js";
import type { Size } from "../../shared/size.js";
import { exitCodeOf } from "../../shared/status.js";
import type { TimeSpan } from "../upstream/link.js";
import { isoSpan } from "./link-notices.js";
import { isOver, reasonOf, type ShellState } from "./shell-state.js";
import type { ShellRecord } from "./state/shell-record.js";

export interface ShellFacts {
  readonly record: ShellRecord;
  readonly state: ShellState;
  readonly output: {
    readonly size: Size;
    readonly title: string | undefined;
    readonly cwd: string | undefined;
    readonly watchers: { readonly prompt: { readonly state: PromptState | undefined } };
  };
  readonly attached: readonly AttachedInfo[];
  /** Milliseconds since 1970. */
  readonly activeAt: number | undefined;
  readonly attachedAt: number | undefined;
  readonly heldBytes: number;
  readonly link: {
    readonly verdict: Verdict | undefined;
    readonly pid: number | undefined;
    readonly possibleGap: TimeSpan | undefined;
  };
}

export function describeShell(facts: ShellFacts): ShellInfo {
  const { record, state, link } = facts;
  return {
    name: record.name,
    kind: record.target.kind,
    state: state.kind,
    ...targetFacts(record),
    runtimeSessionId: record.runtimeSessionId,
    shellId: record.shellId,
    clients: facts.attached.length,
    attached: facts.attached,
    ...optional("sizePolicy", record.sizePolicy),
    ...facts.output.size,
    ...optional("title", facts.output.title),
    ...optional("cwd", facts.output.cwd),
    ...optional("prompt", isOver(state) ? undefined : facts.output.watchers.prompt.state),
    labels: { ...record.labels },
    createdAt: iso(record.createdAt),
    ...(facts.activeAt === undefined ? {} : { activeAt: iso(facts.activeAt) }),
    ...(facts.attachedAt === undefined ? {} : { attachedAt: iso(facts.attachedAt) }),
    ...(state.kind === "live" ? { connectedAt: iso(state.connectedAt) } : {}),
    ...endFacts(state),
    bytesLost: record.bytesLost,
    ...(link.possibleGap === undefined ? {} : { possibleGap: isoSpan(link.possibleGap) }),
    ...(facts.heldBytes === 0 ? {} : { heldBytes: facts.heldBytes }),
    ...optional("verdict", link.verdict),
    ...optional("pid", processId(facts)),
    ...optional("reason", reasonOf(state)),
    ...optional("idleStopMs", record.idleStopMs),
    ...optional("escapes", record.escapes),
    ...optional("clipboard", record.clipboard),
  };
}

function targetFacts({ target }: ShellRecord): Partial<ShellInfo> {
  if (target.kind === "local") return {};
  const { runtimeArn, region, qualifier, endpointUrl } = target;
  return { runtimeArn, region, ...optional("qualifier", qualifier), ...optional("endpointUrl", endpointUrl) };
}

/** Of this machine's processes only: the local runtime tells a pid to every client, also as a stand-in for the service. */
function processId({ record, state, link }: ShellFacts): number | undefined {
  return record.target.kind === "local" && !isOver(state) ? link.pid : undefined;
}

function endFacts(state: ShellState): Partial<ShellInfo> {
  if (state.kind === "gone") return { endedAt: iso(state.endedAt) };
  if (state.kind !== "ended") return {};
  const signal = state.exit.kind === "signal" ? state.exit.signal : undefined;
  return {
    endedAt: iso(state.endedAt),
    ...optional("exitCode", exitCodeOf(state.exit)),
    ...optional("signal", signal),
  };
}

/** A property, or nothing when its value is undefined. */
function optional<K extends string, V>(key: K, value: V | undefined): Partial<Record<K, V>> {
  return value === undefined ? {} : ({ [key]: value } as Record<K, V>);
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
