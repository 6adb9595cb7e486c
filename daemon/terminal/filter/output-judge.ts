// Judges one whole escape sequence: finds the policy of its kind, and takes out the control characters that stand in it.
import { judgeCsi, judgeEscape, PLAIN_C1 } from "./output-policy-csi.js";
import { judgeDcs } from "./output-policy-dcs.js";
import { judgeOsc, judgeOverlongOsc } from "./output-policy-osc.js";
import { latin1, type Verdict, type VerdictContext } from "./output-verdict.js";

export const SequenceKind = {
  Escape: 0,
  /** A C1 control that stands alone. */
  C1: 1,
  Csi: 2,
  Osc: 3,
  Dcs: 4,
  /** SOS, PM or APC. */
  Other: 5,
} as const;

export interface Sequence {
  readonly kind: (typeof SequenceKind)[keyof typeof SequenceKind];
  /** From the introducer to the terminator; only the beginning when it is too long. */
  readonly bytes: Uint8Array;
  /** Bytes of the terminator of a string; undefined when the sequence was cut off. */
  readonly terminator: number | undefined;
  /** Of all of it, bytes. */
  readonly length: number;
  readonly isOverlong: boolean;
  /** Control characters stand inside: they are executed at once, so they come out first. */
  readonly hasControls: boolean;
}

/** Introducers are two bytes: ESC and a letter, or the UTF-8 form of a C1 control. */
const INTRODUCER = 2;

export function judgeSequence(sequence: Sequence, context: VerdictContext): Verdict {
  if (!sequence.hasControls) return judgeClean(sequence, context);
  const text = latin1(sequence.bytes);
  const isString = sequence.kind >= SequenceKind.Osc;
  // A string's own content is no matter of controls: they can only stand between ESC and the letter that begins it.
  const inner = isString ? text.search(/[^\u0000-\u001f\u007f]/) : text.length;
  const controls = executed(text.slice(0, inner), context.replaying);
  const rest = `${text.slice(0, 1)}${text.slice(1, inner).replace(/[\u0000-\u001f\u007f]/g, "")}${text.slice(inner)}`;
  const bytes = Uint8Array.from(Buffer.from(rest, "latin1"));
  const verdict = judgeClean({ ...sequence, bytes }, context);
  if (verdict === "drop") return controls === "" ? "drop" : controls;
  return controls + (verdict === "pass" ? rest : verdict);
}

/** Without ESC itself, what would be answered, and bells of the past. */
function executed(text: string, replaying: boolean): string {
  const controls = text.replace(/[^\u0000-\u001f]|[\u0005\u001b]/g, "");
  return replaying ? controls.replaceAll("\u0007", "") : controls;
}

function judgeClean(
  { kind, bytes, terminator, length, isOverlong }: Sequence,
  context: VerdictContext,
): Verdict {
  if (terminator === undefined) return "drop";
  const text = latin1(bytes);
  const introducer = text.slice(0, INTRODUCER);
  switch (kind) {
    case SequenceKind.Escape:
      return judgeEscape(text.slice(1));
    case SequenceKind.C1:
      return PLAIN_C1.has(bytes[1] ?? 0) ? "pass" : "drop";
    case SequenceKind.Csi:
      return judgeCsi(introducer, text.slice(INTRODUCER));
    case SequenceKind.Osc: {
      const end = isOverlong ? "\u001b\\" : text.slice(text.length - terminator);
      const body = text.slice(INTRODUCER, isOverlong ? text.length : text.length - terminator);
      const verdict = isOverlong ? judgeOverlongOsc(body, length, context) : judgeOsc(body, context);
      return verdict === "pass" || verdict === "drop" ? verdict : `${introducer}${verdict}${end}`;
    }
    case SequenceKind.Dcs:
      return isOverlong ? "drop" : judgeDcs(text.slice(INTRODUCER, text.length - terminator));
    default:
      return "drop";
  }
}
