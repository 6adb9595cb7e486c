// STATUS payloads (channel 3): what the service says about a shell, in the style of Kubernetes' metav1.Status.

/** How a shell's process ended. `unknown`: the platform failed, and said no exit code. It is never 0. */
export type ShellExit =
  | { readonly kind: "code"; readonly exitCode: number }
  | { readonly kind: "signal"; readonly signal: number; readonly exitCode: number }
  | { readonly kind: "unknown"; readonly message: string };

export type Status =
  | {
      readonly kind: "confirmation";
      readonly shellId: string;
      /** Absent when the service does not say (a second confirmation may omit it). */
      readonly reconnected?: boolean;
      /** Bytes lost while nobody was connected; absent or > 0. */
      readonly bytesDropped?: number;
    }
  | { readonly kind: "termination"; readonly exit: ShellExit }
  | { readonly kind: "invalid" };

/** Our bound: no published STATUS is over a few hundred bytes. */
const MAX_STATUS_BYTES = 16 * 1024;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/**
 * Reads a STATUS payload. Never throws: what cannot be a STATUS is `invalid`.
 * A non-empty `metadata.shellId` makes it a confirmation (all published clients agree).
 */
export function parseStatus(payload: Uint8Array): Status {
  if (payload.length > MAX_STATUS_BYTES) return { kind: "invalid" };
  let value: unknown;
  try {
    value = JSON.parse(decoder.decode(payload));
  } catch {
    return { kind: "invalid" };
  }
  const status = asRecord(value);
  if (status === undefined) return { kind: "invalid" };
  const metadata = asRecord(own(status, "metadata"));
  const shellId = metadata && own(metadata, "shellId");
  if (metadata !== undefined && typeof shellId === "string" && shellId !== "") {
    const reconnected = own(metadata, "reconnected");
    const bytesDropped = own(metadata, "bytesDropped");
    return {
      kind: "confirmation",
      shellId,
      ...(typeof reconnected === "boolean" ? { reconnected } : {}),
      ...(isCount(bytesDropped) ? { bytesDropped } : {}),
    };
  }
  const outcome = own(status, "status");
  if (outcome === "Success") return { kind: "termination", exit: { kind: "code", exitCode: 0 } };
  if (outcome === "Failure") return { kind: "termination", exit: failure(status) };
  return { kind: "invalid" };
}

/** The payload that says how a shell ended. Shapes: SDK-PY `protocol.py`; the signal form adds a second cause. */
export function encodeTermination(exit: ShellExit): Uint8Array {
  const base = { kind: "Status", apiVersion: "v1", metadata: {} };
  if (exit.kind === "unknown") {
    return json({ ...base, status: "Failure", reason: "InternalError", message: exit.message, code: 500 });
  }
  if (exit.exitCode === 0) return json({ ...base, status: "Success" });
  const causes = [{ reason: "ExitCode", message: String(exit.exitCode) }];
  if (exit.kind === "signal") causes.push({ reason: "Signal", message: String(exit.signal) });
  const message = `command terminated with exit code ${exit.exitCode}`;
  return json({ ...base, status: "Failure", reason: "NonZeroExitCode", message, details: { causes } });
}

/** The payload that confirms a connection. `bytesDropped` is left out when 0, as the service does. */
export function encodeConfirmation(shellId: string, reconnected: boolean, bytesDropped = 0): Uint8Array {
  const metadata = { shellId, reconnected, ...(bytesDropped > 0 ? { bytesDropped } : {}) };
  return json({ kind: "Status", apiVersion: "v1", metadata, status: "Success" });
}

/** Exit as a status of a local process: 128+n for a signal, undefined when unknown. */
export function exitCodeOf(exit: ShellExit): number | undefined {
  return exit.kind === "unknown" ? undefined : exit.exitCode;
}

function failure(status: Record<string, unknown>): ShellExit {
  const causes = own(asRecord(own(status, "details")) ?? {}, "causes");
  const exitCode = causeNumber(causes, "ExitCode");
  if (exitCode === undefined || exitCode > 255) {
    const message = own(status, "message");
    return { kind: "unknown", message: typeof message === "string" ? message.slice(0, 500) : "no exit code" };
  }
  const signal = causeNumber(causes, "Signal");
  return signal === undefined || signal < 1 || signal > 64
    ? { kind: "code", exitCode }
    : { kind: "signal", signal, exitCode };
}

function causeNumber(causes: unknown, reason: string): number | undefined {
  if (!Array.isArray(causes)) return undefined;
  const cause = causes
    .slice(0, 16)
    .map(asRecord)
    .find((entry) => entry && own(entry, "reason") === reason);
  const message = cause && own(cause, "message");
  return typeof message === "string" && /^\d{1,5}$/.test(message) ? Number(message) : undefined;
}

function json(value: unknown): Uint8Array {
  return encoder.encode(JSON.stringify(value));
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) > 0;
}

function asRecord(value: unknown): Record<string, unknown> | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : undefined;
}

/** Own properties only: `__proto__` and `constructor` in hostile JSON stay inert. */
function own(record: Record<string, unknown>, key: string): unknown {
  return Object.hasOwn(record, key) ? record[key] : undefined;
}
