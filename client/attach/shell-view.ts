// What the user sees of the shell: output and snapshots on the terminal, agentd's lines beside them, and how far it got.
import type { ShellInfo } from "../../shared/rpc.js";
import { decodeSnapshotPart } from "../../shared/snapshot.js";
import { ConnectLine, drawLastRow, roomBelow } from "./connect-line.js";
import type { PrefixKeyOptions } from "./prefix-key.js";
import { prefixLabel } from "./prefix-name.js";
import type { RawTerminal } from "./raw-terminal.js";
import { StatusLine } from "./status-line.js";

interface ShellViewOptions {
  readonly terminal: RawTerminal;
  /** Whether agentd may say anything at all. */
  readonly canSay: boolean;
  readonly color: boolean;
  writeStatus(text: string): void;
}

/** How far a client got: STDOUT bytes of one epoch that it has shown. */
export interface Position {
  readonly epoch: string;
  readonly offset: number;
}

/**
 * Invariant: `position` counts exactly the STDOUT bytes that were handed to the terminal, or that a snapshot stands for.
 */
export class ShellView {
  readonly #options: ShellViewOptions;
  readonly #terminal: RawTerminal;
  readonly #status: StatusLine;
  /** Undefined until the first attach was answered. */
  position: Position | undefined;
  /** What to say when the first snapshot is drawn. */
  connectText: string | undefined;
  #drawn = false;
  #connectLine: ConnectLine | undefined;

  constructor(options: ShellViewOptions) {
    this.#options = options;
    const { terminal, color, canSay } = options;
    this.#terminal = terminal;
    this.#status = new StatusLine({
      enabled: canSay,
      color,
      tracker: terminal.tracker,
      isIdle: () => terminal.isIdle,
      write: (text) => options.writeStatus(text),
    });
  }

  /** One dim line, as soon as there is room for one. */
  say(text: string): void {
    this.#status.say(text);
  }

  /** The terminal has taken everything: a line that waits may be said. */
  flush(): void {
    this.#status.flush();
  }

  /** The payload of a STDOUT frame. False: the terminal is slow. */
  showOutput(bytes: Uint8Array): boolean {
    if (this.position !== undefined) {
      this.position = { epoch: this.position.epoch, offset: this.position.offset + bytes.length };
    }
    return this.#write(bytes);
  }

  /** The payload of a SNAPSHOT frame; a malformed one is ignored. False: the terminal is slow. */
  showSnapshot(payload: Uint8Array): boolean {
    const part = decodeSnapshotPart(payload);
    if (part === undefined) return true;
    if (part.header !== undefined) {
      const { epoch, offset } = part.header;
      this.position = { epoch, offset };
      this.#beginSnapshot(part.last ? part.bytes : undefined);
    }
    return this.#write(part.bytes);
  }

  /** `stale`: the terminal moved our line to nobody knows where, so the screen has to be drawn anew. */
  handleResize(): "stale" | "fine" {
    if (this.#connectLine === undefined) return "fine";
    this.#connectLine = undefined;
    return "stale";
  }

  /** @param whole the drawing bytes, when they all lie in one frame: only then the place for the connect line is known. */
  #beginSnapshot(whole: Uint8Array | undefined): void {
    const { size } = this.#terminal;
    const room = whole === undefined ? undefined : roomBelow(whole, size.rows);
    const text = this.connectText;
    const below = text !== undefined && room?.lastRowIsFree === true;
    this.connectText = undefined;
    this.#connectLine = undefined;
    // Without room below, the line goes above: into the scrollback, with what the user had on the screen.
    if (text !== undefined && !below) this.#status.say(text);
    this.#status.beforeOutput();
    this.#terminal.clear(!this.#drawn);
    this.#drawn = true;
    if (below && room !== undefined && this.#terminal.isIdle) {
      this.#options.writeStatus(drawLastRow(`[${text}]`, size, this.#options.color));
      this.#connectLine = new ConnectLine(room, size);
    }
  }

  #write(bytes: Uint8Array): boolean {
    if (bytes.length === 0) return true;
    this.#status.beforeOutput();
    const { tracker } = this.#terminal;
    if (this.#connectLine !== undefined && !tracker.alternate && this.#connectLine.mustGo(bytes)) {
      if (tracker.atGround && this.#terminal.isIdle)
        this.#options.writeStatus(this.#connectLine.eraseSequence);
      this.#connectLine = undefined;
    }
    const fast = this.#terminal.write(bytes);
    this.#status.flush();
    return fast;
  }
}

/** `attached work · local · Ctrl-] d to detach`. */
export function connectText(
  { kind, region, name }: Pick<ShellInfo, "kind" | "region" | "name">,
  { prefix, readOnly }: { readonly prefix: PrefixKeyOptions; readonly readOnly: boolean },
): string {
  const key = prefixLabel(prefix);
  const parts = [
    `attached ${name}`,
    kind === "local" ? "local" : (region ?? "agentcore"),
    ...(readOnly ? ["read-only"] : []),
    key === undefined ? `agentd detach ${name} from elsewhere` : `${key} d to detach`,
  ];
  return parts.join(" · ");
}
