// Handlers of an upstream that write down what they are told, and let a test wait for it.
import type { LinkEvent, UpstreamHandlers } from "../../daemon/upstream/link.js";
import { framePayload } from "../../shared/frame.js";

export class LinkRecorder implements UpstreamHandlers {
  readonly events: LinkEvent[] = [];
  readonly frames: Uint8Array[] = [];
  readonly pressure: boolean[] = [];
  #waiters: (() => void)[] = [];

  onFrame(frame: Uint8Array): void {
    this.frames.push(frame);
    this.#wake();
  }

  onLink(event: LinkEvent): void {
    this.events.push(event);
    this.#wake();
  }

  onInputPressure(high: boolean): void {
    this.pressure.push(high);
    this.#wake();
  }

  /** All output so far, as Latin-1. */
  get output(): string {
    return Buffer.concat(this.frames.map(framePayload)).toString("latin1");
  }

  of<K extends LinkEvent["kind"]>(kind: K): Extract<LinkEvent, { kind: K }>[] {
    return this.events.filter((event): event is Extract<LinkEvent, { kind: K }> => event.kind === kind);
  }

  /** The n-th event of a kind, from 1; waits for it. */
  async event<K extends LinkEvent["kind"]>(kind: K, n = 1): Promise<Extract<LinkEvent, { kind: K }>> {
    await this.until(() => this.of(kind).length >= n);
    return this.of(kind)[n - 1]!;
  }

  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise<void>((resolve) => this.#waiters.push(resolve));
  }

  #wake(): void {
    for (const waiter of this.#waiters.splice(0)) waiter();
  }
}
