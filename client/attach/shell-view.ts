// What the user sees of the shell: output and snapshots on the terminal, agentd's lines beside them, and how far it got.

import type { Notice, Verdict } from "../../shared/notice.js";
import { gapLine, type LineWeight, noticeLine, noticeWeight } from "../../shared/notice-text.js";
import type { ShellInfo } from "../../shared/rpc.js";
import type { Size } from "../../shared/size.js";
import { decodeSnapshotPart } from "../../shared/snapshot.js";
import { dimLine } from "../text/format.js";
import { ConnectLine, roomBelow } from "./connect-line.js";
import type { OwnRole } from "./own-role.js";
import { prefixLabel } from "./prefix-name.js";
import type { RawTerminal } from "./raw-terminal.js";
import { type ShellSize, sizeText } from "./size-text.js";
import { StatusLine } from "./status-line.js";

interface ShellViewOptions extends OwnRole {
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
 * Invariant: `position` counts exactly the STDOUT bytes that were handed to the terminal, that a snapshot stands for, or
 * that the daemon kept back and said so.
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
  /** `again`: to be said with the next drawing too, when the line had to go. */
  #connectLine: { readonly row: ConnectLine; readonly again: string | undefined } | undefined;
  #shellSize: ShellSize | undefined;
  /** Output was not shown: the next drawing comes behind this line. */
  #gap: string | undefined;

  constructor(options: ShellViewOptions) {
    this.#options = options;
    const { terminal, color, canSay } = options;
    this.#terminal = terminal;
    this.#status = new StatusLine({
      enabled: canSay,
      color,
      tracker: terminal.tracker,
      cols: () => terminal.size.cols,
      isIdle: () => terminal.isIdle,
      write: (text) => options.writeStatus(text),
    });
  }

  /**
   * The stream goes on from `position`. Keys that were typed for another count of the output are dropped: another epoch
   * only means that the count starts anew, and whether the shell is another one, only the daemon knows.
   */
  continueAt(position: Position, verdict: Verdict | undefined, dropTyped: () => number): void {
    if (this.position !== undefined && position.epoch !== this.position.epoch) {
      const dropped = dropTyped();
      const typed = dropped > 0 ? " · typing was not sent" : "";
      if (verdict === "new") this.say(`new shell · the old one is gone${typed}`, "lasting");
      else if (dropped > 0) this.say(`back${typed}`, "lasting");
    }
    this.position = position;
  }

  /** One dim line, as soon as there is room for one. */
  say(text: string, weight?: LineWeight): void {
    this.#status.say(text, weight);
  }

  /**
   * The same on the last row of a full-screen program, which hides what a line says otherwise. True: it stands there, and the
   * screen, and the one saved cursor of the terminal, are wrong until the next drawing.
   */
  sayOver(text: string): boolean {
    const { canSay, color, terminal, writeStatus } = this.#options;
    if (!canSay || !terminal.tracker.alternate || !this.#mayInsert) return false;
    const row = new ConnectLine({ lastRowIsFree: false, lineFeedsLeft: 0 }, terminal.size);
    writeStatus(row.eraseSequence + row.drawSequence(`[${text}]`, color));
    return true;
  }

  /** What a notice about the shell `name` has to say, if anything. */
  sayNotice(name: string, notice: Notice): void {
    if (notice.kind === "resized") {
      this.#shellSize = notice;
      if (this.#connectLine?.again === undefined && this.#sizeText === undefined) this.#eraseConnectLine();
    }
    if (notice.kind === "skipped" && this.#drawn && !this.#terminal.tracker.alternate) {
      this.#gap = gapLine(notice.bytes);
      return;
    }
    const line = noticeLine(name, notice, Date.now());
    if (line !== undefined) this.say(line, noticeWeight(notice));
  }

  /** The terminal has taken everything: a line that waits may be said. */
  flush(): void {
    this.#status.flush();
  }

  /** The daemon says where the output stands: it kept some of it from this client, which cannot count that. */
  moveTo(offset: number): void {
    if (this.position !== undefined) this.position = { epoch: this.position.epoch, offset };
  }

  /** The payload of a STDOUT frame. False: the terminal is slow. */
  showOutput(bytes: Uint8Array): boolean {
    if (this.position !== undefined) {
      this.position = { epoch: this.position.epoch, offset: this.position.offset + bytes.length };
    }
    this.#terminal.makeExact();
    return this.#write(bytes);
  }

  /** The payload of a SNAPSHOT frame; a malformed one is ignored. False: the terminal is slow. */
  showSnapshot(payload: Uint8Array): boolean {
    const part = decodeSnapshotPart(payload);
    if (part === undefined) return true;
    const { header, bytes, last } = part;
    if (header !== undefined) this.position = { epoch: header.epoch, offset: header.offset };
    const fast = header === undefined ? this.#write(bytes) : this.#beginSnapshot(bytes, last);
    if (last) this.#terminal.makeExact();
    return fast;
  }

  /** `stale`: the terminal moved our line to nobody knows where, so the screen has to be drawn anew. */
  handleResize(): "stale" | "fine" {
    if (this.#connectLine === undefined) return "fine";
    this.connectText = this.#connectLine.again;
    this.#connectLine = undefined;
    return "stale";
  }

  /** @param whole `bytes` are all there is: only then the place for the connect line is known. */
  #beginSnapshot(bytes: Uint8Array, whole: boolean): boolean {
    const { size } = this.#terminal;
    const connectText = this.connectText;
    const text = connectText ?? this.#sizeText;
    const room = text !== undefined && whole ? roomBelow(bytes, size.rows) : undefined;
    this.connectText = undefined;
    this.#connectLine = undefined;
    // Without room below, the line goes above: into the scrollback, with what the user had on the screen.
    if (connectText !== undefined && room?.lastRowIsFree !== true && !this.#drawn)
      this.#status.say(connectText);
    this.#status.beforeOutput();
    // A whole screen takes the place of another without a moment between, also ten times a second.
    const hold = whole && this.#drawn && this.#gap === undefined;
    this.#clear(hold);
    const fast = this.#write(bytes);
    if (hold) this.#terminal.show();
    if (text !== undefined && room?.lastRowIsFree === true && this.#mayInsert) {
      const row = new ConnectLine(room, size);
      this.#options.writeStatus(row.drawSequence(`[${text}]`, this.#options.color));
      this.#connectLine = { row, again: connectText };
    }
    return fast;
  }

  #clear(hold: boolean): void {
    const gap = this.#options.canSay ? this.#gap : undefined;
    this.#gap = undefined;
    if (gap === undefined) this.#terminal.clear(!this.#drawn, hold);
    else this.#terminal.clearBehind(dimLine(gap, this.#options.color));
    this.#drawn = true;
  }

  #eraseConnectLine(): void {
    if (this.#connectLine !== undefined && !this.#terminal.tracker.alternate && this.#mayInsert)
      this.#options.writeStatus(this.#connectLine.row.eraseSequence);
    this.#connectLine = undefined;
  }

  /** Nothing for a window that fits, nor for one in which nothing may be said. */
  get #sizeText(): string | undefined {
    const { canSay, terminal } = this.#options;
    if (!canSay || this.#shellSize === undefined) return undefined;
    return sizeText(terminal.size, this.#shellSize, this.#options);
  }

  /** Bytes of ours break nothing here and now. */
  get #mayInsert(): boolean {
    return this.#terminal.tracker.atGround && this.#terminal.isIdle;
  }

  #write(bytes: Uint8Array): boolean {
    if (bytes.length === 0) return true;
    this.#status.beforeOutput();
    const { tracker } = this.#terminal;
    if (!tracker.alternate && this.#connectLine?.row.mustGo(bytes)) this.#eraseConnectLine();
    const fast = this.#terminal.write(bytes);
    this.#status.flush();
    return fast;
  }
}

/** `attached work · local · Ctrl-] d to detach`. */
export function connectText(
  shell: Pick<ShellInfo, "kind" | "region" | "name" | "cols" | "rows" | "sizePolicy">,
  own: OwnRole,
  window: Size,
): string {
  const { kind, region, name } = shell;
  const key = prefixLabel(own.prefix);
  const size = sizeText(window, { ...shell, policy: shell.sizePolicy }, own);
  const parts = [
    `attached ${name}`,
    kind === "local" ? "local" : (region ?? "agentcore"),
    ...(own.readOnly ? ["read-only"] : []),
    key === undefined ? `agentd detach ${name} from elsewhere` : `${key} d to detach`,
    ...(size === undefined ? [] : [size]),
  ];
  return parts.join(" · ");
}
