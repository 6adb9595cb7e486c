// The hub in a simulation: the real shell over the simulated upstream, with clients that come, go, die and resume.
import { Shell } from "../../../daemon/shell/shell.js";
import type { ShellUpstream, UpstreamRequest } from "../../../daemon/shell/shell-deps.js";
import { Slicer } from "../../../daemon/terminal/slicer.js";
import type { Ending, Have } from "../../../daemon/upstream/link.js";
import { Channel } from "../../../shared/channel.js";
import { encodeFrame } from "../../../shared/frame.js";
import { encodeResize, type Size } from "../../../shared/size.js";
import type { Dice } from "./schedule.js";
import { type ClientPlace, OutputRecord, SimClient } from "./sim-client.js";
import type { SimClock } from "./sim-clock.js";

const MAX_CLIENTS = 3;

export interface HubWorldOptions {
  readonly clock: SimClock;
  readonly dice: Dice;
  readonly ids: { readonly runtimeSessionId: string; readonly shellId: string };
  createUpstream(request: UpstreamRequest): ShellUpstream;
  fail(message: string): void;
}

export class HubWorld {
  readonly shell: Shell;
  readonly #options: HubWorldOptions;
  readonly #record = new OutputRecord();
  #clients: SimClient[] = [];
  /** Where clients that died had got to, for one that resumes. */
  readonly #places: ClientPlace[] = [];
  attached = 0;
  resumed = 0;

  constructor(options: HubWorldOptions) {
    this.#options = options;
    const { clock } = options;
    this.shell = new Shell(
      {
        name: "sim",
        target: { kind: "agentcore", runtimeArn: "", region: "" },
        ...options.ids,
        createdAt: 0,
        labels: {},
        cols: 80,
        rows: 24,
        known: false,
        bytesLost: 0,
      },
      {
        clock,
        // Parsing has no duration here: every slice finishes.
        slicer: new Slicer({
          schedule: (turn) => void clock.setTimeout(turn, 0),
          now: () => 0,
          delay: (callback, delayMs) => clock.setTimeout(callback, delayMs),
        }),
        scrollback: 50,
        createUpstream: (request) => options.createUpstream(request),
        neighbours: () => [],
        onChange: () => {},
        onRecord: () => {},
      },
    );
  }

  /** Output is about to be given to the hub. */
  output(payload: Uint8Array): void {
    this.#record.append(payload);
  }

  /** Somebody attaches, leaves, dies or asks for a drawing. */
  disturb(): void {
    const { dice } = this.#options;
    const client = this.#clients.length === 0 ? undefined : dice.pick(this.#clients);
    if (client === undefined || (this.#clients.length < MAX_CLIENTS && dice.chance(0.4))) this.#attach();
    else if (dice.chance(0.3)) client.client?.handleFrame(encodeFrame(Channel.Snapshot, new Uint8Array()));
    else if (dice.chance(0.5)) client.client?.handleFrame(encodeFrame(Channel.Close, new Uint8Array()));
    else this.#die(client);
  }

  /** Types through a client, if there is one. */
  type(bytes: Uint8Array): void {
    const typist = this.#clients.find((client) => client.client !== undefined);
    if (typist?.client === undefined) this.shell.input.send(bytes);
    else typist.client.handleFrame(encodeFrame(Channel.Stdin, bytes));
  }

  resize(size: Size): void {
    this.#clients[0]?.client?.handleFrame(encodeFrame(Channel.Resize, encodeResize(size)));
  }

  takeBack(): void {
    if (this.shell.state.kind !== "taken") return;
    if (this.#options.dice.chance(0.5)) this.shell.start();
    else this.#attach(true);
  }

  /** Call it after each event. */
  turned(): void {
    for (const client of this.#clients) client.turned();
    if (this.#clients.some((client) => client.ended)) {
      this.#clients = this.#clients.filter((client) => !client.ended);
    }
  }

  /** Every client has everything. */
  get isCurrent(): boolean {
    return this.#clients.every((client) => client.client !== undefined && client.isCurrent);
  }

  /** @param have in exact mode: what the upstream has passed on */
  check(have: Have | undefined): void {
    const { fail } = this.#options;
    for (const client of this.#clients) {
      if (!client.isCurrent) fail("a client was not sent everything");
      if (have !== undefined && (client.epoch !== have.epoch || client.offset !== have.offset)) {
        fail(
          `a client counts ${client.offset} of ${client.epoch}, and the output is at ${have.offset} of ${have.epoch}`,
        );
      }
    }
  }

  /** The upstream has ended for good: every client was told why, as the last thing. */
  checkEnding(ending: Ending, clients: readonly SimClient[]): void {
    const { fail } = this.#options;
    const expected = ending.kind === "exited" ? "ended" : ending.kind === "gone" ? "gone" : "detached";
    for (const client of clients) {
      if (client.client === undefined) continue;
      const last = client.lastNotice;
      if (!client.ended) fail("a client of a shell that has ended stays attached");
      else if (last?.kind !== expected) fail(`the last notice is '${last?.kind}' after '${ending.kind}'`);
      else if (last.kind === "ended" && ending.kind === "exited") {
        if (JSON.stringify(last.exit) !== JSON.stringify(ending.exit))
          fail("a client is told another exit status");
      }
    }
  }

  get clients(): readonly SimClient[] {
    return this.#clients;
  }

  #attach(take = false): void {
    const { dice, fail } = this.#options;
    const place = this.#places.length > 0 && dice.chance(0.7) ? this.#places.pop() : undefined;
    const sink = new SimClient(this.#record, fail);
    this.#clients.push(sink);
    this.attached += 1;
    const params = {
      name: "sim",
      cols: 20 + dice.int(100),
      rows: 5 + dice.int(40),
      ...(place === undefined ? {} : { resume: { epoch: place.epoch, offset: place.offset } }),
      ...(take ? { take } : {}),
      ...(dice.chance(0.2) ? { readOnly: false, ignoreSize: true } : {}),
    };
    this.shell.attach(sink, params).then(
      ({ client, result }) => {
        sink.client = client;
        if (result.resumed) this.resumed += 1;
        sink.begin(result.epoch, result.offset, result.resumed ? place?.at : undefined);
        client.start();
      },
      (error: unknown) => fail(`attach failed: ${String(error)}`),
    );
  }

  #die(client: SimClient): void {
    if (client.client === undefined) return;
    const { place } = client;
    client.client.closed();
    if (place !== undefined) this.#places.push(place);
    this.#clients = this.#clients.filter((other) => other !== client);
  }
}
