// The pause between two attempts to reach the daemon: over at its time, or as soon as the browser says that trying makes sense.
/// <reference lib="dom" />
import { DoorClosed, doorText } from "./door.js";
import { CloseCode, SocketClosed } from "./rpc-socket.js";

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
export function finalText(error: unknown): { readonly title: string; readonly text: string } | undefined {
  if (error instanceof DoorClosed)
    return error.why === "unreachable" || error.why === "busy" ? undefined : doorText(error.why);
  if (error instanceof SocketClosed) return finalCloseText(error.code);
  return undefined;
}

/** The same for a socket that was open. */
export function finalCloseText(code: number): { readonly title: string; readonly text: string } | undefined {
  if (code === CloseCode.TokenEnded) return doorText("ended");
  if (code === CloseCode.Revoked)
    return {
      title: "This link was revoked",
      text: "Whoever made it has taken it back. agentd web prints a new one.",
    };
  return undefined;
}
