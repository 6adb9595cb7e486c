// The bytes of the state file: a header line with version and checksum, then one line of JSON.
import { createHash } from "node:crypto";
import { isRuntimeSessionId, isShellId, isShellName } from "../../../shared/names.js";
import { isSizePolicy } from "../../../shared/size.js";
import type { ShellRecord } from "./shell-record.js";

/** Raised when an older agentd could misread the body. The header line, and what its checksum covers, never change. */
export const STATE_VERSION = 1;

export type StateContent =
  | { readonly kind: "ok"; readonly records: readonly ShellRecord[] }
  /** Written by a newer agentd: not ours to touch. */
  | { readonly kind: "newer"; readonly version: number }
  | { readonly kind: "corrupt"; readonly why: string };

export function encodeState(records: readonly ShellRecord[]): Buffer {
  const body = JSON.stringify({ shells: records });
  const header = JSON.stringify({ agentd: "state", v: STATE_VERSION, sha256: digest(STATE_VERSION, body) });
  return Buffer.from(`${header}\n${body}\n`);
}

/** Reads the bytes of a state file. Never throws. */
export function decodeState(content: Buffer): StateContent {
  const text = content.toString("utf8");
  const end = text.indexOf("\n");
  const body = text.slice(end + 1, -1);
  try {
    const header = JSON.parse(text.slice(0, Math.max(0, end))) as {
      agentd?: unknown;
      v?: unknown;
      sha256?: unknown;
    };
    if (header.agentd !== "state" || !Number.isInteger(header.v)) return corrupt("no header");
    const version = header.v as number;
    // Before the version is believed: a damaged digit must not look like a newer agentd.
    if (header.sha256 !== digest(version, body) || !text.endsWith("\n")) return corrupt("wrong checksum");
    if (version > STATE_VERSION) return { kind: "newer", version };
    const { shells } = JSON.parse(body) as { shells: unknown };
    if (!Array.isArray(shells) || !shells.every(isRecord)) return corrupt("wrong content");
    return { kind: "ok", records: shells };
  } catch {
    return corrupt("not readable");
  }
}

/** The checksum keeps accidents out; this keeps out what a hand or an older bug wrote. */
function isRecord(value: unknown): value is ShellRecord {
  if (typeof value !== "object" || value === null) return false;
  const record = value as Partial<ShellRecord>;
  return (
    isText(record.name, isShellName) &&
    isText(record.shellId, isShellId) &&
    isText(record.runtimeSessionId, isRuntimeSessionId) &&
    (record.target?.kind === "local" || record.target?.kind === "agentcore") &&
    [record.createdAt, record.cols, record.rows, record.bytesLost].every(Number.isSafeInteger) &&
    typeof record.known === "boolean" &&
    (record.sizePolicy === undefined || isSizePolicy(record.sizePolicy)) &&
    [record.idleStopMs, record.asleepSince, record.vmSince].every(
      (time) => time === undefined || Number.isSafeInteger(time),
    ) &&
    (record.escapes === undefined || record.escapes === "raw") &&
    (record.clipboard === undefined || record.clipboard === "allow") &&
    typeof record.labels === "object" &&
    record.labels !== null
  );
}

function isText(value: unknown, rule: (text: string) => boolean): boolean {
  return typeof value === "string" && rule(value);
}

function corrupt(why: string): StateContent {
  return { kind: "corrupt", why };
}

function digest(version: number, body: string): string {
  return createHash("sha256").update(`${version}\n${body}`).digest("hex");
}
