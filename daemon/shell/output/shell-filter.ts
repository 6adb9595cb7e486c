// What of one shell's output passes, by the rules in its record.
import { chunksOf } from "../../../shared/frame.js";
import { OutputFilter } from "../../terminal/filter/output-filter.js";
import type { OutputPiece } from "../../terminal/filter/output-pieces.js";
import type { Clock } from "../../upstream/clock.js";
import type { ClientGroup } from "../clients/client-group.js";
import type { ShellRecord } from "../state/shell-record.js";

/** Undefined: everything passes. */
export function filterOf(
  record: ShellRecord,
  clock: Clock,
  clients: () => Pick<ClientGroup, "notify">,
): OutputFilter | undefined {
  if (record.escapes === "raw") return undefined;
  return new OutputFilter({
    clipboard: record.clipboard === "allow",
    name: () => record.name,
    now: () => clock.monotonic(),
    onBlocked: (what, bytes) => clients().notify({ kind: "blocked", what, bytes }),
  });
}

/** A long sequence takes several frames; until the last one, a client stands before it. */
export function* partsOf({ bytes, consumed }: OutputPiece): Generator<OutputPiece> {
  const parts = [...chunksOf(bytes)];
  const last = parts.pop() ?? bytes;
  for (const part of parts) yield { bytes: part, consumed: 0 };
  yield { bytes: last, consumed };
}

/** @param replaying they are of the past: nothing rings, and nobody is told */
export function piecesOf(
  bytes: Uint8Array,
  filter: OutputFilter | undefined,
  replaying: boolean,
): readonly OutputPiece[] {
  return filter === undefined ? [{ bytes, consumed: bytes.length }] : filter.pieces(bytes, replaying);
}
