// The pause between two attempts to reach the daemon: over at its time, or as soon as the browser says that trying makes sense.
/// <reference lib="dom" />
import { printable } from "../../../shared/names.js";
import { type Closed, DoorClosed, doorText } from "./door.js";
import { CloseCode, SocketClosed } from "./rpc-socket.js";

/** `retryAt`: milliseconds since 1970. `why`: agentd is there, and said why not now. */
export interface Waiting {
  readonly kind: "waiting";
  readonly retryAt: number;
  readonly why?: string | undefined;
}

/** Ends early when the network is back, the tab is looked at, or `wake` is called. */
export class ReconnectWait {
  #wake: () => void = () => {};

  /** Resolves after `ms` at the latest. */
  pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const look = () => {
        if (document.visibilityState === "visible") this.wake();
      };
      const done = () => {
        clearTimeout(timer);
        window.removeEventListener("online", done);
        document.removeEventListener("visibilitychange", look);
        this.#wake = () => {};
        resolve();
      };
      const timer = setTimeout(done, ms);
      window.addEventListener("online", done);
      document.addEventListener("visibilitychange", look);
      this.#wake = done;
    });
  }

  wake(): void {
    this.#wake();
  }
}

/** Why it makes no sense to try again, in words; undefined: it does. */
export function finalText(error: unknown): Closed | undefined {
  if (error instanceof DoorClosed)
    return error.why === "unreachable" || error.why === "busy" ? undefined : doorText(error.why);
  if (error instanceof SocketClosed) return finalCloseText(error.code);
  return undefined;
}

/** The same for a socket that was open. */
export function finalCloseText(code: number): Closed | undefined {
  if (code === CloseCode.TokenEnded) return doorText("ended");
  if (code === CloseCode.Revoked)
    return {
      title: "This link was revoked",
      text: "Whoever made it has taken it back. agentd web prints a new one.",
      again: false,
    };
  return undefined;
}

/** Why trying again may take a while, when the daemon has said so: there are too many tabs, or too many wrong tokens. */
export function busyText(error: unknown): string | undefined {
  if (error instanceof DoorClosed && error.why === "busy") return "too many attempts";
  if (!(error instanceof SocketClosed) || error.code !== CloseCode.TryLater) return undefined;
  return printable(error.reason || "agentd is busy", 123);
}
