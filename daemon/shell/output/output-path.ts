// The way of an output byte: from the upstream to the ring, the screen and every attached client, in one turn.
import { randomUUID } from "node:crypto";
import { Channel } from "../../../shared/channel.js";
import { encodeFrame, framePayload } from "../../../shared/frame.js";
import { type Size, sameSize } from "../../../shared/size.js";
import { encodeSnapshot, type Snapshot } from "../../../shared/snapshot.js";
import type { DrawingView } from "../../terminal/drawing/drawing-view.js";
import type { OutputFilter } from "../../terminal/filter/output-filter.js";
import type { OutputPiece } from "../../terminal/filter/output-pieces.js";
import { Screen, type ScreenOptions } from "../../terminal/screen.js";
import { SequenceTail } from "../../terminal/stream/sequence-tail.js";
import type { XtermState } from "../../terminal/xterm/xterm-state.js";
import type { Clock } from "../../upstream/clock.js";
import type { Have } from "../../upstream/link.js";
import { restoreScreen } from "../checkpoint/restored-screen.js";
import { ClientGroup } from "../clients/client-group.js";
import { Laggards } from "../clients/laggards.js";
import { LastDrawing } from "../clients/last-drawing.js";
import { NEW_SHELL } from "../new-shell-sequence.js";
import type { ShellRecord } from "../state/shell-record.js";
import { OutputLog, type Resumption } from "./output-log.js";
import { OutputWatchers } from "./output-watchers.js";
import { Pressure } from "./pressure.js";
import { ReplayStart } from "./replay-start.js";
import { ReplayWindow } from "./replay-window.js";
import { filterOf, partsOf, piecesOf } from "./shell-filter.js";

export interface OutputPathOptions {
  /** Whose output it is, its size so far, what of it passes, and what decides the size while clients are attached. */
  readonly record: ShellRecord;
  readonly clock: Clock;
  readonly screen: Omit<ScreenOptions, "cols" | "rows" | "onPressure">;
  /** The upstream should wait (true), or go on. */
  onPressure(high: boolean): void;
  /** The shell has a new size: tell the upstream. */
  onResize(size: Size): void;
  /** A replay has arrived. */
  onReplayed(): void;
  /** ... whose beginning is missing, and with it what a full-screen program had set. */
  onCutReplay(): void;
  /** Something that `ls` shows has changed. */
  onChange(): void;
}

const NO_OUTPUT = encodeFrame(Channel.Stdout, new Uint8Array(0));

/**
 * Invariants (docs/architecture.md):
 * 1. One turn: a frame goes to the ring, through the filter, to the tail, the screen and every client without an await between.
 * 2. A drawing is the screen at its mark, with the offset and the unfinished sequence of that same turn.
 * 3. A resize goes through the screen's queue, so it stands where it happened in the output.
 * 4. The screen answers queries only while no client leads, or the leader does not read, and never those of a replay.
 * 5. `have` is a place that a server has counted to: it outlives a connection that says nothing of places, until that one's
 *    first byte of output.
 * 6. Only the ring sees what the filter keeps back. `offset` is where that stands: between two sequences, where another can begin.
 * 7. Output that a restored screen shows already goes to the ring and the watchers only; `offset` stays at the screen's until then.
 * 8. Only STDOUT is drawn: STDERR is the platform's word beside the terminal, and the clients say it beside theirs.
 */
export class OutputPath {
  readonly clients: ClientGroup;
  /** They are told of every frame of output, before the filter, in the same turn. */
  readonly watchers = new OutputWatchers();
  readonly #start = new ReplayStart();
  readonly #options: OutputPathOptions;
  readonly #screen: Screen;
  readonly #tail = new SequenceTail();
  readonly #log = new OutputLog(randomUUID());
  readonly #replay: ReplayWindow;
  #size: Size;
  readonly #drawings = new LastDrawing();
  #filter: OutputFilter | undefined;
  /** Bytes of the ring's end that the clients have not been given. Negative: the ring has yet to come to where a restored screen stands. */
  #unshown = 0;
  #isCounted = false;
  #isPlaceKnown = false;
  readonly #laggards: Laggards;

  constructor(options: OutputPathOptions) {
    this.#options = options;
    this.#size = { cols: options.record.cols, rows: options.record.rows };
    this.#filter = this.#newFilter();
    const pressure = new Pressure((high) => options.onPressure(high));
    this.#laggards = new Laggards(options.clock, (high) => pressure.set("clients", high));
    const onPressure = (high: boolean) => pressure.set("screen", high);
    this.#screen = new Screen({ ...options.screen, ...this.#size, onPressure });
    this.clients = new ClientGroup({
      clock: options.clock,
      policy: options.record.sizePolicy ?? "latest",
      size: () => this.#size,
      isAlternate: () => this.#screen.isAlternate,
      onSize: (size) => this.resize(size),
      onChange: () => options.onChange(),
    });
    this.#replay = new ReplayWindow(options.clock, (open) => {
      this.clients.setReplaying(open);
      if (open) return;
      if (this.#start.end() && this.#isCounted) options.onCutReplay();
      options.onReplayed();
    });
  }

  get epoch(): string {
    return this.#log.epoch;
  }

  /** Absolute STDOUT offset of what the clients have been given or spared. */
  get offset(): number {
    return this.#log.offset - this.#unshown;
  }

  get isCounted(): boolean {
    return this.#isCounted;
  }

  /** Where a server that counts its output may go on; undefined when only we have counted. */
  get have(): Have | undefined {
    return this.#isPlaceKnown ? { epoch: this.epoch, offset: this.#log.offset } : undefined;
  }

  get size(): Size {
    return this.#size;
  }

  get title(): string | undefined {
    return this.#screen.title;
  }

  get cwd(): string | undefined {
    return this.#screen.cwd;
  }

  /** The unfinished sequence or character at the end of the output. */
  get tail(): Uint8Array {
    return this.#tail.bytes;
  }

  handleFrame(frame: Uint8Array): void {
    if (frame[0] === Channel.Stdout) this.#handleOutput(frame);
    else this.clients.deliver(frame);
  }

  #handleOutput(frame: Uint8Array): void {
    const payload = framePayload(frame);
    // One turn: no await from here to the end of this function.
    this.#isPlaceKnown &&= this.#isCounted;
    this.#log.append(payload);
    const covered = Math.max(0, Math.min(-this.#unshown, payload.length));
    this.#unshown += payload.length;
    const cut = this.#start.push(payload, covered);
    if (cut > 0) this.#show({ bytes: payload.subarray(0, 0), consumed: cut }, NO_OUTPUT);
    const rest = covered + cut === 0 ? payload : payload.subarray(covered + cut);
    for (const piece of piecesOf(rest, this.#filter, this.#replay.open)) {
      if (piece.bytes === payload) this.#show(piece, frame);
      else this.#showPart(piece);
    }
    this.watchers.tell(payload, this.#replay.open);
    this.#replay.handleOutput(this.#log.offset);
  }

  /** So many bytes wait for a client that wants every one. A cloud's server is never made to wait: it cuts off who reads slowly. */
  reportBacklog(client: object, bytes: number): void {
    if (this.#options.record.target.kind === "local") this.#laggards.report(client, bytes);
  }

  /** What came since `resume`, or undefined when it cannot be had exactly. It is of the past: no bell of it rings. */
  resumeFrom(resume: { readonly epoch: string; readonly offset: number }): Resumption | undefined {
    const bytes = this.#unshown < 0 ? undefined : this.#log.resumeFrom(resume);
    if (bytes === undefined) return undefined;
    const filter = this.#newFilter();
    const pieces = piecesOf(bytes, filter, true);
    // Not so when the client had been elsewhere than between two sequences.
    const isExact = filter === undefined || this.#filter === undefined || filter.standsAs(this.#filter);
    return isExact ? { offset: resume.offset, pieces } : undefined;
  }

  /** SNAPSHOT frames for the shell as it is at this call; resolves once the screen has got there. */
  drawing(view: DrawingView | undefined): Promise<readonly Uint8Array[]> {
    return this.#drawings.get(view, async () => encodeSnapshot(await this.snapshot(view)));
  }

  /** The same, not yet in frames. @param titles with the pushed ones: not for clients */
  async snapshot(view?: DrawingView, titles = false): Promise<Snapshot> {
    const { epoch, offset, size } = this;
    const tail = this.#tail.bytes.slice();
    const screen = await this.#screen.snapshot(view, titles);
    const bytes = new Uint8Array(screen.length + tail.length);
    bytes.set(screen);
    bytes.set(tail, screen.length);
    return { epoch, offset, size, bytes };
  }

  scan<T>(read: (state: XtermState) => Iterator<unknown, T>): Promise<T> {
    return this.#screen.scan(read);
  }

  /**
   * From now on the output is that of `epoch` at `offset`. Clients learn a new offset by a notice, a new epoch by a drawing.
   * @param screen what it showed at a place from `offset` on: nothing has been shown before
   */
  moveTo(epoch: string, offset: number, screen?: Snapshot): void {
    this.#setCounted(true);
    this.#drawings.forget();
    const isOther = epoch !== this.#log.epoch;
    const isCut = offset > (isOther ? 0 : this.#log.offset);
    if (isOther || offset !== this.#log.offset) this.#log.restart(epoch, offset);
    if (isOther) this.#filterAnew();
    if (screen !== undefined) {
      this.#unshown = offset - screen.offset;
      const [filter, size] = [this.#newFilter(), this.#size];
      restoreScreen(screen, { screen: this.#screen, tail: this.#tail, filter, size });
    } else if (isCut) this.#start.begin(isOther ? "cut" : "gap");
    if (isOther) this.clients.redraw();
  }

  /**
   * The same terminal, as far as is known, on a connection whose server does not say where it stands.
   * @param isAdopted what it has output so far is not known
   */
  goOnUncounted(isAdopted: boolean): void {
    this.#isCounted = false;
    if (isAdopted) this.#start.begin("perhaps");
  }

  /**
   * Another terminal answers in the place of this one: what is on the screens stays, as history.
   * @param epoch undefined: its server does not count its output
   */
  beginAnew(epoch: string | undefined, offset: number): void {
    this.#setCounted(epoch !== undefined);
    this.#filterAnew();
    this.#drawings.forget();
    this.#tail.push(NEW_SHELL);
    this.#screen.write(NEW_SHELL, false);
    this.#log.restart(epoch ?? randomUUID(), offset);
    this.clients.redraw();
  }

  /** @param end offset after the last replayed byte; undefined: until it is quiet. */
  beginReplay(end: number | undefined): void {
    this.#replay.begin(this.#log.offset, end);
  }

  /** It is known what of the replay is new; the rest of it comes at once. */
  replayResolved(): void {
    this.#replay.resolved();
  }

  /** A full-screen program has the screen. */
  get isAlternate(): boolean {
    return this.#screen.isAlternate;
  }

  endReplay(): void {
    this.#replay.close();
  }

  dispose(): void {
    this.#replay.close();
    this.#screen.dispose();
  }

  /** To the tail, the screen and the clients. @param frame `bytes` as a frame, which may be empty */
  #show({ bytes, consumed }: OutputPiece, frame: Uint8Array): void {
    this.#unshown -= consumed;
    this.#drawings.forget();
    this.#tail.push(bytes);
    this.#screen.write(bytes, !this.clients.canAnswer && !this.#replay.open);
    this.clients.deliver(frame);
  }

  /** A long sequence takes several frames; until the last one, a client stands before it. */
  #showPart(piece: OutputPiece): void {
    for (const part of partsOf(piece)) this.#show(part, encodeFrame(Channel.Stdout, part.bytes));
  }

  #filterAnew(): void {
    this.#filter = this.#newFilter();
    this.#unshown = 0;
    this.#start.forget();
    this.watchers.prompt.reset();
  }

  #newFilter(): OutputFilter | undefined {
    return filterOf(this.#options.record, this.#options.clock, () => this.clients);
  }

  #setCounted(isCounted: boolean): void {
    this.#isCounted = isCounted;
    this.#isPlaceKnown = isCounted;
  }

  resize(size: Size): void {
    if (sameSize(size, this.#size)) return;
    this.#size = size;
    this.#drawings.forget();
    this.#screen.resize(size);
    this.#options.onResize(size);
    this.clients.announceSize(size);
  }
}
