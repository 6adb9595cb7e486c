// One schedule: the daemon's own upstream under virtual time against the simulated service, judged by the oracles.

import type { ShellUpstream, UpstreamRequest } from "../../../daemon/shell/shell-deps.js";
import { Admission } from "../../../daemon/upstream/admission.js";
import type { Ending, Have, LinkEvent } from "../../../daemon/upstream/link.js";
import { ReplayKnowledge } from "../../../daemon/upstream/replay/replay-knowledge.js";
import type { SocketEnd } from "../../../daemon/upstream/socket.js";
import { serverName, type UpstreamTarget } from "../../../daemon/upstream/target.js";
import { Upstream } from "../../../daemon/upstream/upstream.js";
import { watchForWake } from "../../../daemon/upstream/wake-watch.js";
import { Channel, MAX_FRAME_BYTES } from "../../../shared/channel.js";
import { AgentdError } from "../../../shared/errors.js";
import type { Size } from "../../../shared/size.js";
import { parseStatus, type ShellExit } from "../../../shared/status.js";
import { seededRandom } from "../random-stream.js";
import { AttemptRate } from "./attempt-rate.js";
import { type FaultTarget, inject } from "./faults.js";
import { HubWorld } from "./hub-world.js";
import { InputOracle } from "./input-oracle.js";
import { Dice, drawSchedule, type Schedule } from "./schedule.js";
import { SimClock } from "./sim-clock.js";
import { SimService } from "./sim-service.js";
import type { SimSocket } from "./sim-socket.js";
import { StreamOracle } from "./stream-oracle.js";

/** The hub shows the progress of a paste for so long; with the shell's end that has nothing to say. */
const LAST_WORDS_MS = 2_100;

/** These make the process miss some time. */
const STOPPING: ReadonlySet<string> = new Set(["process stopped", "machine asleep", "wall clock jumps"]);
/** A wake starts the waits between attempts anew, with the short ones. */
const WAKE_ATTEMPTS = 6;

const ARN = "arn:aws:bedrock-agentcore:us-west-2:123456789012:runtime/sim-0123456789";
const IDS = { runtimeSessionId: "5".repeat(36), shellId: "sim-shell" };

/** After the last fault the shell is live again, and all output there, within this time: one unanswered upgrade and a few waits. */
const HEAL_MS = 450_000;

/** The daemon looks every second; here it looks only around what stops the process, which is the same and costs less. */
const LOOK_MS = 1_000;

/** A connection that was open for so long proves that its shell lives. */
const PROOF_MS = 10_000;

export interface SimulationResult {
  readonly failures: readonly string[];
  readonly faults: number;
  readonly virtualMs: number;
  readonly attempts: number;
  readonly stream: StreamOracle["figures"];
  readonly input: InputOracle["figures"];
  readonly ending: string;
  /** Clients that attached to the hub, and those of them that went on where they had been. */
  readonly clients: { readonly attached: number; readonly resumed: number };
}

export interface SimulationOptions {
  /** The whole shell hub with clients, instead of the upstream alone. */
  readonly hub?: boolean;
  readonly trace?: (line: string) => void;
}

export class UpstreamSimulation {
  readonly #schedule: Schedule;
  readonly #clock = new SimClock();
  readonly #dice: Dice;
  readonly #service: SimService;
  readonly #stream: StreamOracle;
  readonly #input: InputOracle;
  readonly #upstream: Upstream;
  readonly #hub: HubWorld | undefined;
  #hubRequest: UpstreamRequest | undefined;
  readonly #stop = new AbortController();
  readonly #attempts: AttemptRate;
  readonly #failures: string[] = [];
  readonly #trace: ((line: string) => void) | undefined;
  #restless = true;
  #ending: Ending | undefined;
  #stopping = false;
  #credentialsAt = 0;
  #isFatal = false;
  #killing = false;
  #opening: SimSocket | undefined;
  #openedAt = 0;
  #exitArrived: ShellExit | undefined;
  #lastEnd: SocketEnd | undefined;
  #healing = false;
  #faults = 0;
  #stopWatching: (() => void) | undefined;
  #watchUntil = 0;

  constructor(seed: number, { hub = false, trace }: SimulationOptions = {}) {
    this.#trace = trace;
    const dice = new Dice(seededRandom(seed));
    this.#dice = dice;
    const schedule = drawSchedule(seed, dice);
    this.#schedule = schedule;
    const fail = (message: string) => this.#fail(message);
    const clock = this.#clock;
    const { traits } = schedule;
    const target: UpstreamTarget = {
      kind: "agentcore",
      runtimeArn: ARN,
      region: "us-west-2",
      ...(schedule.customEndpoint ? { endpointUrl: "https://sim.example" } : {}),
    };
    const knowledge = new ReplayKnowledge();
    // Another shell of this service has shown before what it replays.
    if (dice.chance(0.2)) knowledge.learn(serverName(target), traits.replay);
    const believes = () => knowledge.modelOf(serverName(target));
    this.#stream = new StreamOracle({ clock, traits, believes, fail });
    this.#input = new InputOracle(fail);
    this.#attempts = new AttemptRate(fail);
    const toldDropped = new WeakSet<SimSocket>();
    this.#service = new SimService({
      clock,
      dice,
      traits,
      witness: {
        connecting: (socket) => this.#handleConnecting(socket),
        handed: (socket, message) => this.#handleHanded(socket, message),
        opening: (socket) => {
          this.#opening = socket;
          this.#openedAt = clock.monotonic();
          this.#stream.replay.opened();
          this.#input.opened(socket, clock.world);
        },
        inbound: (socket, sentAt) => this.#stream.replay.inbound(sentAt, socket.opened),
        arriving: (stream, from, payload) => this.#stream.arriving(stream, from, payload),
        arrived: () => this.#stream.arrived(this.#mayKeep),
        told: (socket, message) => {
          if (this.#handleTold(message) > 0) toldDropped.add(socket);
        },
        ended: (socket, end) => {
          this.#restless = true;
          this.#lastEnd = end;
          if (socket.opened) this.#stream.replay.ended(end.kind === "closed" && end.code !== 1006);
          else if (end.kind === "failed") this.#stream.replay.upgradeFailed();
          this.#say(`ended ${end.kind} ${"code" in end ? end.code : end.status}`);
        },
      },
      shellHandlers: {
        onInput: (shell, message) => {
          this.#input.received(message, shell.stream);
          if (dice.chance(0.5)) shell.print(message.length - 1);
        },
        onPrint: ({ stream, end }) => this.#stream.replay.losses.printed(stream, end, clock.world),
        onOverflow: ({ stream }, from, to, socket) =>
          this.#stream.replay.losses.overflowed({ stream, from, to }, () => toldDropped.has(socket)),
        onKill: () => this.#handleKill(),
      },
    });
    this.#service.latencyMs = schedule.latencyMs;
    const productDice = seededRandom(seed ^ 0x5eed);
    this.#upstream = new Upstream({
      target,
      ids: IDS,
      size: { cols: 80, rows: 24 },
      have: () => this.#have(),
      known: false,
      handlers: {
        onFrame: (frame) => {
          if (frame[0] === Channel.Stdout) {
            this.#stream.frame(frame.subarray(1));
            this.#hub?.output(frame.subarray(1));
          }
          this.#hubRequest?.handlers.onFrame(frame);
        },
        onLink: (event) => {
          this.#handleLink(event);
          this.#hubRequest?.handlers.onLink(event);
        },
        onInputPressure: (high) => this.#hubRequest?.handlers.onInputPressure(high),
      },
      deps: {
        clock,
        random: productDice,
        openSocket: this.#service.openSocket,
        sign: async ({ headers, url, clockOffsetMs }) => {
          if (clock.world < this.#credentialsAt) throw new AgentdError("no_credentials", "expired");
          return { ...headers, host: url.host, "x-sim-date": String(clock.now() + clockOffsetMs) };
        },
        localSocketPath: "",
        log: { debug() {}, info() {}, warn() {} },
        admission: new Admission(clock),
        replayKnowledge: knowledge,
      },
    });
    if (hub) {
      const createUpstream = (request: UpstreamRequest) => {
        this.#hubRequest = request;
        return this.#upstreamOfHub();
      };
      this.#hub = new HubWorld({ clock, dice, ids: IDS, createUpstream, fail });
    }
  }

  async run(): Promise<SimulationResult> {
    const { durationMs, faults } = this.#schedule;
    this.#say(JSON.stringify({ ...this.#schedule, faults: undefined }));
    this.#scheduleTraffic();
    for (const { at, kind } of faults) {
      this.#clock.inWorld(at, () => this.#handleFault(kind));
      if (STOPPING.has(kind)) this.#watch(at);
    }
    this.#start();
    await this.#runUntil(Math.max(durationMs, faults.at(-1)?.at ?? 0) + 1, () => this.#isOver);
    if (!this.#isOver && this.#failures.length === 0) await this.#heal();
    await this.#finish();
    return {
      failures: this.#failures,
      faults: this.#faults,
      virtualMs: this.#clock.world,
      attempts: this.#attempts.count,
      stream: this.#stream.figures,
      input: this.#input.figures,
      ending: this.#ending?.kind ?? "none",
      clients: { attached: this.#hub?.attached ?? 0, resumed: this.#hub?.resumed ?? 0 },
    };
  }

  get #isOver(): boolean {
    return this.#ending !== undefined && this.#ending.kind !== "taken";
  }

  #start(): void {
    if (this.#hub === undefined) this.#run(this.#stop.signal);
    else this.#hub.shell.start();
  }

  /** Around `at` the process may be stopped: it notices as the daemon does. */
  #watch(at: number): void {
    const clock = this.#clock;
    clock.arrive(Math.max(0, at - 2 * LOOK_MS + this.#dice.next() * LOOK_MS), () => {
      if (this.#stopping) return;
      this.#stopWatching ??= watchForWake(clock, () => this.#wake());
    });
    const leave = () => {
      const until = Math.max(this.#watchUntil, clock.stoppedUntil + 3 * LOOK_MS);
      if (clock.world < until) clock.arrive(until, leave);
      else this.#endWatch();
    };
    this.#clock.inWorld(at, () => {
      this.#watchUntil = clock.world + 3 * LOOK_MS;
      clock.arrive(this.#watchUntil, leave);
    });
  }

  #endWatch(): void {
    this.#stopWatching?.();
    this.#stopWatching = undefined;
  }

  #wake(): void {
    if (this.#isOver || this.#stopping) return;
    this.#say("wake");
    this.#restless = true;
    this.#attempts.allow(WAKE_ATTEMPTS);
    if (this.#hub === undefined) this.#upstream.wake();
    else this.#hub.shell.wake();
  }

  /** The connection is being left because another shell than ours has answered. */
  get #mayKeep(): boolean {
    const { socket } = this.#service;
    const isOther = socket?.attached?.isNew === true || socket?.attached?.stream !== this.#stream.stream;
    return socket?.closing === true && isOther;
  }

  #run(signal: AbortSignal): Promise<Ending> {
    this.#ending = undefined;
    this.#restless = true;
    const running = this.#upstream.run(signal);
    running.then(
      (ending) => this.#handleEnding(ending),
      (error: unknown) => this.#fail(`run threw ${String(error)}`),
    );
    return running;
  }

  /** What the hub takes for its upstream: the real one, watched. */
  #upstreamOfHub(): ShellUpstream {
    const upstream = this.#upstream;
    return {
      run: (signal) => this.#run(signal),
      send: (bytes) => upstream.send(bytes),
      resize: (size) => upstream.resize(size),
      kill: (signal) => upstream.kill(signal),
      retryNow: () => {
        this.#attempts.allow(1);
        upstream.retryNow();
      },
      pause: () => upstream.pause(),
      resume: () => upstream.resume(),
      wake: () => upstream.wake(),
      nudge: () => upstream.nudge(),
      get queuedBytes() {
        return upstream.queuedBytes;
      },
    };
  }

  #have(): Have | undefined {
    const have = this.#stream.have();
    if (this.#hubRequest === undefined) return have;
    const hubHas = this.#hubRequest.have();
    if (this.#schedule.traits.exact && JSON.stringify(hubHas) !== JSON.stringify(have)) {
      this.#fail(`the hub has ${JSON.stringify(hubHas)}, and was given ${JSON.stringify(have)}`);
    }
    return hubHas;
  }

  /** Faults have stopped: everything must come back. */
  async #heal(): Promise<void> {
    this.#say("healing");
    this.#healing = true;
    this.#service.clear();
    this.#credentialsAt = 0;
    this.#clock.arrive(this.#clock.world, () => {
      this.#upstream.resume();
      this.#takeBack();
    });
    const until = Math.max(this.#clock.world, this.#clock.stoppedUntil) + HEAL_MS;
    let marked: SimSocket | undefined;
    const healed = () => {
      const { shell, socket } = this.#service;
      if (shell === undefined || socket === undefined || shell.socket !== socket || !socket.isWhole)
        return false;
      if (this.#clock.world < this.#clock.stoppedUntil) return false;
      if (marked !== socket) {
        marked = socket;
        shell.print(64);
        this.#type();
      }
      const isCurrent = this.#hub?.isCurrent ?? true;
      return isCurrent && this.#stream.high(shell.stream) === shell.end && this.#upstream.queuedBytes === 0;
    };
    await this.#runUntil(until, () => this.#isOver || healed());
    if (this.#isOver || this.#failures.length > 0) return;
    const { shell } = this.#service;
    if (!healed()) {
      const high = shell === undefined ? 0 : this.#stream.high(shell.stream);
      this.#fail(
        `not healed: ${high} of ${shell?.end} bytes, ${this.#upstream.queuedBytes} bytes of input wait`,
      );
    }
  }

  async #finish(): Promise<void> {
    this.#stopping = true;
    this.#endWatch();
    if (this.#failures.length > 0) return;
    const clients = this.#hub?.clients ?? [];
    if (this.#ending === undefined) {
      if (this.#hub !== undefined) {
        this.#hub.check(this.#schedule.traits.exact ? this.#stream.have() : undefined);
        this.#hub.shell.stop({ kind: "detached", reason: "stopping" }).catch(() => this.#fail("stop failed"));
      }
      this.#stop.abort();
      this.#restless = true;
      await settle();
      await this.#runUntil(this.#clock.world + 5_000, () => this.#ending !== undefined);
      await settle();
      if (this.#ending === undefined) this.#fail("does not stop");
    }
    this.#stream.over(this.#mayKeep);
    if (!this.#schedule.traits.exact) this.#stream.replay.losses.check();
    const { socket } = this.#service;
    if (this.#hub !== undefined) {
      // A client that waits for its drawing is told after that.
      await this.#runUntil(
        Math.max(this.#clock.world, this.#clock.stoppedUntil) + LAST_WORDS_MS,
        () => false,
      );
      if (this.#ending !== undefined) this.#hub.checkEnding(this.#ending, clients);
    }
    if (socket !== undefined && !socket.ended) this.#fail("leaves a connection open");
    if (this.#clock.pendingTimers > 0) this.#fail(`leaves ${this.#clock.pendingTimers} timers`);
    await this.#runUntil(this.#clock.world + 1_000, () => false);
    this.#input.check(this.#upstream.queuedBytes, this.#ending?.kind !== "taken");
  }

  async #runUntil(until: number, isDone: () => boolean): Promise<void> {
    if (this.#restless) await settle();
    while (!isDone() && this.#failures.length === 0 && this.#clock.step(until)) {
      const { socket } = this.#service;
      // While a connection is open, nothing in the product waits for a promise.
      this.#hub?.turned();
      if (this.#hub === undefined && !this.#restless && socket !== undefined && !socket.ended) continue;
      this.#restless = false;
      await settle();
      this.#hub?.turned();
    }
  }

  #scheduleTraffic(): void {
    const { durationMs, outputs, inputs } = this.#schedule;
    const dice = this.#dice;
    for (let n = 0; n < outputs; n++) {
      this.#clock.inWorld(dice.next() * durationMs, () => this.#print());
    }
    const { faults } = this.#schedule;
    if (this.#hub !== undefined) {
      for (let n = 0; n < 20; n++) {
        const near = faults.length > 0 && dice.chance(0.5) ? dice.pick(faults).at : dice.next() * durationMs;
        this.#clock.arrive(near + dice.between(0, 1_000), () => this.#disturb());
      }
    }
    for (let n = 0; n < inputs; n++) this.#clock.arrive(dice.next() * durationMs, () => this.#type());
  }

  #disturb(): void {
    if (!this.#isOver && !this.#stopping) this.#hub?.disturb();
  }

  #print(): void {
    this.#service.shell?.print(
      Math.floor(this.#dice.magnitude(1, this.#dice.chance(0.05) ? 10_000 : this.#schedule.printBytes)),
    );
  }

  #type(): void {
    if (this.#isOver) return;
    // While another client has the shell, the hub refuses what is typed, and says so.
    if (this.#hub !== undefined && this.#ending?.kind === "taken") return;
    const dice = this.#dice;
    const send = (bytes: Uint8Array) => {
      if (this.#hub !== undefined) this.#hub.type(bytes);
      else if (!this.#upstream.send(bytes)) this.#fail("the queue is full");
    };
    if (dice.chance(0.06)) {
      this.#input.interrupt(this.#stream.stream, send);
      return;
    }
    const blocks = dice.chance(0.005) ? 1 + dice.int(12_000) : 1 + dice.int(dice.chance(0.2) ? 200 : 4);
    const bytes = this.#input.type(blocks, this.#stream.stream);
    if (bytes.length > 0) send(bytes);
  }

  #handleFault(kind: Schedule["faults"][number]["kind"]): void {
    if (this.#isOver) return;
    const { world } = this.#clock;
    this.#faults += 1;
    this.#say(`fault: ${kind}`);
    const dice = this.#dice;
    if (dice.chance(0.5)) this.#print();
    inject(kind, this.#faultTarget);
    const spread = () => world + dice.between(0, 4 * this.#schedule.latencyMs);
    if (dice.chance(0.5)) this.#clock.inWorld(spread(), () => this.#print());
    if (dice.chance(0.4)) this.#clock.arrive(spread(), () => this.#type());
    // Whoever was taken takes back, sooner or later.
    this.#clock.arrive(world, () => this.#takeBack());
  }

  #takeBack(): void {
    this.#restless = true;
    if (this.#hub !== undefined) this.#hub.takeBack();
    else if (this.#ending?.kind === "taken") this.#start();
  }

  readonly #faultTarget: FaultTarget = (() => {
    const simulation = this;
    const inProcess = (run: () => void) => this.#clock.arrive(this.#clock.world, run);
    return {
      get clock() {
        return simulation.#clock;
      },
      get dice() {
        return simulation.#dice;
      },
      get service() {
        return simulation.#service;
      },
      expireCredentials: (ms) => {
        this.#credentialsAt = this.#clock.world + ms;
      },
      exit: (exit) => {
        const { shell } = this.#service;
        this.#service.forget();
        shell?.exit(exit, this.#dice.magnitude(1, 3_000));
      },
      notFound: () => {
        this.#isFatal = true;
      },
      pauseReading: (ms) => {
        inProcess(() => this.#upstream.pause());
        this.#clock.arrive(this.#clock.world + ms, () => this.#upstream.resume());
      },
      look: () =>
        inProcess(() => {
          this.#restless = true;
          this.#attempts.allow(1);
          this.#upstream.retryNow();
        }),
      resizeOften: () => {
        for (let n = 0; n < 40; n++) {
          this.#clock.arrive(this.#clock.world + n * 10, () => this.#resize({ cols: 80 + n, rows: 24 }));
        }
      },
      kill: () => inProcess(() => this.#kill()),
    } satisfies FaultTarget;
  })();

  #resize(size: Size): void {
    if (this.#hub === undefined) this.#upstream.resize(size);
    else if (!this.#isOver) this.#hub.resize(size);
  }

  #kill(): void {
    if (this.#isOver) return;
    this.#takeBack();
    this.#killing = true;
    this.#restless = true;
    const giveUp = new AbortController();
    this.#clock.arrive(this.#clock.world + 30_000, () => {
      this.#restless = true;
      giveUp.abort();
    });
    const killed = (this.#hub?.shell ?? this.#upstream).kill(giveUp.signal);
    killed.catch(() => {});
  }

  #handleKill(): void {
    if (!this.#killing) this.#fail("CLOSE was sent, and nobody asked for a kill");
    const { shell } = this.#service;
    this.#service.forget();
    shell?.close(1000, "", true);
  }

  #handleConnecting(socket: SimSocket): void {
    const before = this.#service.socket;
    this.#say(`attempt ${this.#attempts.count + 1}`);
    if (before !== undefined && !before.ended) this.#fail("two connections at once");
    if (this.#ending !== undefined) this.#fail(`connects after '${this.#ending.kind}'`);
    if (this.#stopping) this.#fail("connects after it was stopped");
    this.#attempts.add(this.#clock.monotonic());
    const { url, headers } = socket.request;
    if (!url.includes(`shellId=${IDS.shellId}`)) this.#fail(`another shell id: ${url}`);
    if (headers["x-amzn-bedrock-agentcore-runtime-session-id"] !== IDS.runtimeSessionId) {
      this.#fail("another runtime session id");
    }
  }

  #handleHanded(socket: SimSocket, message: Uint8Array): void {
    if (socket !== this.#service.socket || !socket.opened)
      this.#fail("sends on a connection that is not open");
    if (message.length > MAX_FRAME_BYTES) this.#fail(`sends ${message.length} bytes at once`);
    this.#attempts.addFrame(this.#clock.monotonic(), socket);
    if (message[0] === Channel.Stdin) this.#input.handed(socket, message);
    if (message[0] === Channel.Close && !this.#killing)
      this.#fail("sends CLOSE, and nobody asked for a kill");
  }

  /** @returns how many bytes the service says are lost */
  #handleTold(message: Uint8Array): number {
    if (message[0] !== Channel.Status) return 0;
    const status = parseStatus(message.subarray(1));
    if (status.kind === "termination") this.#exitArrived ??= status.exit;
    if (status.kind !== "confirmation") return 0;
    this.#stream.confirmationArrived(status.bytesDropped ?? 0);
    return status.bytesDropped ?? 0;
  }

  #handleLink(event: LinkEvent): void {
    if (this.#trace !== undefined) this.#say(JSON.stringify(event));
    if (event.kind === "live") {
      const attached = this.#opening?.attached;
      this.#stream.replay.live(event.verdict);
      if (attached !== undefined) {
        this.#stream.live(event, attached);
        this.#input.sees(attached.stream, event.verdict === "first");
      }
      this.#input.discarded(event.heldDiscarded ?? 0);
    } else if (event.kind === "confirmed") {
      this.#stream.confirmed(event);
      this.#input.discarded(event.heldDiscarded ?? 0);
    } else if (event.kind === "connecting") {
      this.#lastEnd = undefined;
    } else if (event.kind === "replayed") {
      const { socket } = this.#service;
      const isLast = socket === undefined || socket.ended || socket.closing;
      if (!this.#schedule.traits.exact) this.#stream.replay.replayed(event, isLast);
    } else if (event.kind === "discarded") {
      this.#input.dropped(event.bytes);
    } else if (event.kind !== "silent") {
      if (event.kind === "lost" && event.inDoubt !== undefined) this.#input.inDoubt(event.inDoubt);
      this.#stream.over(this.#mayKeep);
      const said = this.#exitArrived;
      this.#exitArrived = undefined;
      if (said !== undefined && said.kind !== "unknown")
        this.#fail(`goes on after exit ${JSON.stringify(said)}`);
      // A loss without another attempt is the last word about a shell that was taken.
      const isLastWord = event.kind === "lost" && event.retryAt === undefined;
      if (this.#lastEnd?.kind === "closed" && this.#lastEnd.code === 4000 && !isLastWord)
        this.#fail("goes on after it was taken");
    }
  }

  #handleEnding(ending: Ending): void {
    this.#ending = ending;
    this.#stream.over(this.#mayKeep);
    this.#say(`ending ${JSON.stringify(ending)}`);
    const end = this.#lastEnd;
    switch (ending.kind) {
      case "exited":
        this.#checkExit(ending.exit);
        break;
      case "gone":
        // A shell that never came to life may be given up.
        if (!this.#isFatal && this.#stream.stream !== undefined && this.#stream.high(this.#stream.stream) > 0)
          this.#fail(`gone: ${ending.error.message}`);
        break;
      case "taken":
        if (end?.kind !== "closed" || end.code !== 4000) this.#fail("taken by nobody");
        if (this.#healing) this.#clock.arrive(this.#clock.world, () => this.#takeBack());
        break;
      case "stopped":
        if (!this.#stopping) this.#fail("stopped by nobody");
    }
  }

  #checkExit(exit: ShellExit): void {
    const said = this.#exitArrived;
    if (said !== undefined) {
      if (JSON.stringify(said) !== JSON.stringify(exit)) {
        this.#fail(`exit ${JSON.stringify(exit)} where the service said ${JSON.stringify(said)}`);
      }
      return;
    }
    if (exit.kind !== "unknown") this.#fail(`exit ${JSON.stringify(exit)}, and nobody said so`);
    if (this.#killing) return;
    const ageMs = this.#clock.monotonic() - this.#openedAt;
    const { shell } = this.#service;
    if (shell !== undefined && shell.stream === this.#stream.stream && ageMs >= PROOF_MS) {
      this.#fail(`called exited while it lives, after a connection of ${Math.round(ageMs)} ms`);
    }
  }

  #fail(message: string): void {
    this.#failures.push(`seed ${this.#schedule.seed}, at ${Math.round(this.#clock.world)} ms: ${message}`);
    this.#say(`FAILURE ${message}`);
  }

  #say(line: string): void {
    this.#trace?.(`${Math.round(this.#clock.world)} ${line}`);
  }
}

/** Lets everything run that waits only for promises. */
async function settle(): Promise<void> {
  for (let i = 0; i < 16; i++) await undefined;
}
