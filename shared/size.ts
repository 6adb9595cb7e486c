// Terminal sizes: `cols` and `rows` everywhere; `width` and `height` only inside the RESIZE payload.
import { AgentdError } from "./errors.js";
import { printable } from "./names.js";

export interface Size {
  readonly cols: number;
  readonly rows: number;
}

/** The size of a terminal that nobody has measured. */
export const DEFAULT_SIZE: Size = { cols: 80, rows: 24 };

/**
 * Whose size a shell has; the words of tmux's `window-size`. `latest`: that of the client that typed last; `smallest`,
 * `largest`: of all clients, each dimension by itself; `manual`: what `agentd resize` says.
 */
export type SizePolicy = (typeof SIZE_POLICIES)[number];
export const SIZE_POLICIES = ["latest", "smallest", "largest", "manual"] as const;

export function isSizePolicy(text: unknown): text is SizePolicy {
  return SIZE_POLICIES.some((policy) => policy === text);
}

/** From the protocol (developer guide): each side of a RESIZE is 1..1000. */
const MAX_SIDE = 1000;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

export function isSize(cols: unknown, rows: unknown): boolean {
  return isSide(cols) && isSide(rows);
}

export function sameSize(a: Size, b: Size): boolean {
  return a.cols === b.cols && a.rows === b.rows;
}

/** Brings each side into 1..1000: a window that measures 0 (hidden, or not a real terminal) must not reach a PTY. */
export function clampSize(cols: number, rows: number): Size {
  const clamp = (side: number) => Math.min(MAX_SIDE, Math.max(1, Math.trunc(side) || 1));
  return { cols: clamp(cols), rows: clamp(rows) };
}

/** Reads `200x50`. @throws AgentdError `usage`. */
export function parseSize(text: string): Size {
  const match = /^(\d{1,4})x(\d{1,4})$/.exec(text);
  const size = { cols: Number(match?.[1]), rows: Number(match?.[2]) };
  if (!isSize(size.cols, size.rows)) {
    const hint = size.cols > 0 && size.rows > 0 ? `at most ${MAX_SIDE}x${MAX_SIDE}` : "such as 200x50";
    throw new AgentdError("usage", `bad size '${printable(text, 20)}' · write COLSxROWS, ${hint}`);
  }
  return size;
}

/** The payload of a RESIZE frame. */
export function encodeResize(size: Size): Uint8Array {
  return encoder.encode(`{"width":${size.cols},"height":${size.rows}}`);
}

/** The size in a RESIZE payload, or undefined when it is not JSON or outside 1..1000. Never throws. */
export function decodeResize(payload: Uint8Array): Size | undefined {
  if (payload.length > 200) return undefined;
  try {
    const { width, height } = JSON.parse(decoder.decode(payload)) as { width?: unknown; height?: unknown };
    if (isSide(width) && isSide(height)) return { cols: width, rows: height };
  } catch {
    // Not JSON, or JSON null: the same answer as a bad size.
  }
  return undefined;
}

function isSide(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 1 && (value as number) <= MAX_SIDE;
}
