// Checkpoints of local shells: handed to the local runtime, which outlives the daemon, and fetched by the next daemon.
import { Agent } from "node:http";
import { isSize } from "../../../shared/size.js";
import { MAX_CHECKPOINT_BYTES, type Snapshot } from "../../../shared/snapshot.js";
import type { UpstreamIds } from "../target.js";
import type { LocalShellInfo } from "./local-runtime-link.js";
import { type RuntimeAnswer, requestRuntime } from "./runtime-request.js";

/** `stored`; `refused`: not this one; `unknown`: the runtime keeps none for this shell, and will not. */
export type CheckpointAnswer = "stored" | "refused" | "unknown";

/** Milliseconds in practice. Without an answer there is no checkpoint, which is no reason to keep anybody waiting. */
const ANSWER_TIMEOUT_MS = 2_000;
/** All of them, from a runtime that is slow: whoever waits for the daemon to listen must not give up. */
const LOAD_LIMIT_MS = 5_000;
/** At a time; without keep-alive, since a runtime with connections stays. */
const MAX_CONNECTIONS = 8;

const EPOCH = /^[0-9a-f-]{36}$/;

export interface LocalCheckpointsOptions {
  readonly socketPath: string;
  listShells(): Promise<readonly LocalShellInfo[]>;
}

/** Invariant: nothing here rejects; a checkpoint that is not sound is none. It is never written anywhere, nor logged. */
export class LocalCheckpoints {
  readonly #options: LocalCheckpointsOptions;
  readonly #agent = new Agent({ maxSockets: MAX_CONNECTIONS });
  /** By shell; each until its shell takes it. */
  readonly #loaded = new Map<string, Snapshot>();
  /** Shells that have asked for theirs: what comes later is of no use, and would be held for ever. */
  readonly #asked = new Set<string>();

  constructor(options: LocalCheckpointsOptions) {
    this.#options = options;
  }

  /** Fetches those of `shells`; gives up when nothing has come for `silenceMs`. A machine that is out of breath is slow, not silent. */
  async load(shells: readonly UpstreamIds[], silenceMs: number): Promise<void> {
    if (shells.length === 0) return;
    let timer: NodeJS.Timeout | undefined;
    let limit: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, silenceMs);
      limit = setTimeout(resolve, LOAD_LIMIT_MS);
    });
    await Promise.race([this.#loadAll(shells, () => timer?.refresh()).catch(() => undefined), late]);
    clearTimeout(timer);
    clearTimeout(limit);
  }

  /** What was loaded for a shell, once. */
  take(ids: UpstreamIds): Snapshot | undefined {
    const key = queryOf(ids);
    const found = this.#loaded.get(key);
    this.#loaded.delete(key);
    this.#asked.add(key);
    return found;
  }

  async save(ids: UpstreamIds, { epoch, offset, size, bytes }: Snapshot): Promise<CheckpointAnswer> {
    const place = { epoch, offset: String(offset), cols: String(size.cols), rows: String(size.rows) };
    try {
      const { status } = await this.#call("PUT", queryOf(ids, place), bytes);
      return status === 204 ? "stored" : status === 404 ? "unknown" : "refused";
    } catch {
      return "refused";
    }
  }

  async #loadAll(shells: readonly UpstreamIds[], onArrival: () => void): Promise<void> {
    const wanted = new Set(shells.map((ids) => queryOf(ids)));
    const there = await this.#options.listShells();
    const left = there
      .filter(({ checkpoint }) => checkpoint !== undefined)
      .map(({ runtimeSessionId, shellId }) => queryOf({ runtimeSessionId, shellId }))
      .filter((key) => wanted.has(key));
    const fetchOne = async (key: string) => {
      const found = readAnswer(await this.#call("GET", key));
      onArrival();
      if (found !== undefined && !this.#asked.has(key)) this.#loaded.set(key, found);
    };
    await Promise.allSettled(left.map(fetchOne));
  }

  #call(method: "GET" | "PUT", query: string, body: Uint8Array = new Uint8Array(0)): Promise<RuntimeAnswer> {
    return requestRuntime({
      socketPath: this.#options.socketPath,
      method,
      path: `/agentd/checkpoint?${query}`,
      agent: this.#agent,
      contentType: "application/octet-stream",
      body,
      timeoutMs: ANSWER_TIMEOUT_MS,
      maxAnswerBytes: MAX_CHECKPOINT_BYTES,
    });
  }
}

function queryOf(
  { runtimeSessionId, shellId }: UpstreamIds,
  more: Readonly<Record<string, string>> = {},
): string {
  return new URLSearchParams({ runtimeSessionId, shellId, ...more }).toString();
}

/** Whatever program answered: sizes and types are checked, the bytes are output like any other. */
function readAnswer({ status, headers, bytes }: RuntimeAnswer): Snapshot | undefined {
  const count = (name: string) => {
    const value = String(headers[name] ?? "");
    return /^\d{1,15}$/.test(value) ? Number(value) : -1;
  };
  const epoch = String(headers["x-agentd-epoch"] ?? "");
  const offset = count("x-agentd-offset");
  const [cols, rows] = [count("x-agentd-cols"), count("x-agentd-rows")];
  const isSound = status === 200 && EPOCH.test(epoch) && offset >= 0 && isSize(cols, rows);
  return isSound ? { epoch, offset, size: { cols, rows }, bytes } : undefined;
}
