// Finds out that a connection is dead although nobody has closed it: a laptop that slept, a tunnel that hangs.
/// <reference lib="dom" />
import { Channel } from "../../../shared/channel.js";
import { CloseCode, type RpcSocket } from "./rpc-socket.js";

const ASK_EVERY_MS = 10_000;
/** A machine that has just woken up, or is looked at again, answers sooner or not at all. */
const ANSWER_LIMIT_MS = 5000;

/** Eight bytes, so that no proof of typed keys, which has four, is taken for one of these. */
const PROBE = new Uint8Array(8);

/** Invariant: a connection is closed only after it was silent for `ANSWER_LIMIT_MS` behind a question. */
export class Liveness {
  #stop: () => void = () => {};

  watch(socket: RpcSocket): void {
    let limit: ReturnType<typeof setTimeout> | undefined;
    const ask = () => {
      if (document.visibilityState !== "visible" || limit !== undefined) return;
      const asked = performance.now();
      socket.sendFrame(Channel.Heartbeat, PROBE);
      limit = setTimeout(() => {
        limit = undefined;
        if (socket.heardAt < asked) socket.close(CloseCode.NoAnswer);
      }, ANSWER_LIMIT_MS);
    };
    const every = setInterval(ask, ASK_EVERY_MS);
    document.addEventListener("visibilitychange", ask);
    this.#stop = () => {
      clearInterval(every);
      clearTimeout(limit);
      document.removeEventListener("visibilitychange", ask);
    };
  }

  stop(): void {
    this.#stop();
    this.#stop = () => {};
  }
}
