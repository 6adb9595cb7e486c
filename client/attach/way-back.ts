// The way back to a daemon that went away: tries until there is one again, and says so when that takes long.
import { AgentdError } from "../../shared/errors.js";
import { printable } from "../../shared/names.js";
import { doubtText } from "../../shared/notice-text.js";
import type { PacketStream } from "../daemon/daemon-connection.js";
import { mayPass, RECONNECT_LIMIT_MS, RECONNECT_PAUSE_MS } from "../daemon/reconnect.js";
import { type AttachEnd, lostEnd } from "./notice-text.js";

/** A daemon that is back within this time is not worth a line. */
const SILENT_MS = 1000;

export interface WayBackOptions {
  readonly name: string;
  /** So long somebody else is about to start the next daemon. */
  readonly patienceMs: number;
  say(text: string): void;
  /** One attempt. @param start whether to start a daemon when there is none */
  attempt(limitMs: number, start: boolean): Promise<PacketStream>;
  /** How many typed bytes the daemon that died may not have taken; asked once, when there is another. */
  takeDoubt(): number;
}

/**
 * Resolves with a new stream, or with the end when there is none within 10 s, or never will be.
 * @param signal nobody wants it any more: a stream that comes all the same is ended, and nothing is said
 */
export async function findWayBack(
  options: WayBackOptions,
  signal: AbortSignal,
): Promise<PacketStream | AttachEnd> {
  const { attempt, name, patienceMs, say, takeDoubt } = options;
  const began = performance.now();
  const deadline = began + RECONNECT_LIMIT_MS;
  let said = false;
  const notice = setTimeout(() => {
    if (signal.aborted) return;
    said = true;
    say("link to agentd lost · reconnecting · keys are kept");
  }, SILENT_MS);
  try {
    for (;;) {
      const limitMs = Math.max(1, deadline - performance.now());
      try {
        const stream = await attempt(limitMs, performance.now() - began >= patienceMs);
        if (signal.aborted) {
          stream.destroy();
          return lostEnd(name, "left");
        }
        const doubt = doubtText(takeDoubt());
        if (said || doubt !== "") say(`back · ${name}${doubt}`);
        return stream;
      } catch (thrown) {
        const error = AgentdError.from(thrown);
        if (!mayPass(error)) return lostEnd(name, `lost agentd: ${printable(error.message)}`);
        if (signal.aborted || performance.now() >= deadline) return lostEnd(name, "lost agentd");
        await new Promise((resolve) => setTimeout(resolve, RECONNECT_PAUSE_MS));
      }
    }
  } finally {
    clearTimeout(notice);
  }
}
