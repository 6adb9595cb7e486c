// What the frames of a client ask for.
import { Channel } from "../../../shared/channel.js";
import { framePayload } from "../../../shared/frame.js";
import { decodeClientNotice } from "../../../shared/notice.js";
import { decodeResize, type Size } from "../../../shared/size.js";

/** Ctrl-C, Ctrl-Z and Ctrl-\\. */
const STOPPING_KEYS = new Set([0x03, 0x1a, 0x1c]);

export interface ClientWishes {
  type(bytes: Uint8Array): void;
  /** Before it types nothing but keys that stop a program. */
  interrupt(): void;
  /** Its terminal has this size. */
  measure(size: Size): void;
  /** A heartbeat: the same frame comes back. */
  echo(frame: Uint8Array): void;
  redraw(): void;
  /** It wants its size and its terminal to count. */
  lead(): void;
  leave(): void;
}

/** Unknown channels are ignored, and so is what makes no sense: a newer client may know more. Keeps no view of `frame`. */
export function readClientFrame(frame: Uint8Array, wishes: ClientWishes): void {
  const payload = framePayload(frame);
  switch (frame[0]) {
    case Channel.Stdin:
      if (payload.length === 0) break;
      if (payload.every((byte) => STOPPING_KEYS.has(byte))) wishes.interrupt();
      wishes.type(payload);
      break;
    case Channel.Resize: {
      const size = decodeResize(payload);
      if (size !== undefined) wishes.measure(size);
      break;
    }
    case Channel.Heartbeat:
      wishes.echo(frame.slice());
      break;
    case Channel.Snapshot:
      wishes.redraw();
      break;
    case Channel.Notice:
      if (decodeClientNotice(payload) !== undefined) wishes.lead();
      break;
    case Channel.Close:
      wishes.leave();
      break;
  }
}
