// The simulated service and the way to it: which upgrade gets which answer, and which shells there are.
import type { OpenSocket } from "../../../daemon/upstream/socket.js";
import type { Dice, ServiceTraits } from "./schedule.js";
import type { SimClock } from "./sim-clock.js";
import { SimShell, type SimShellOptions } from "./sim-shell.js";
import { SimSocket, type SocketWitness } from "./sim-socket.js";

/** How the next upgrades go wrong. */
export type Obstacle =
  /** Nobody is reached. */
  | { readonly kind: "fails"; readonly code: string }
  | { readonly kind: "refuses"; readonly status: number; readonly type?: string; readonly body: string }
  /** Nothing is done, nothing is said. */
  | { readonly kind: "silent" }
  /** The shell is attached, but the answer never arrives; the process sees that it broke, or nothing at all. */
  | { readonly kind: "answer lost"; readonly breaks: boolean }
  /** The connection breaks before the service has seen the request. */
  | { readonly kind: "breaks" }
  /** It works, and breaks so soon after the 101. */
  | { readonly kind: "short"; readonly lifeMs: number }
  /** 101, and then 1011. */
  | { readonly kind: "cannot start"; readonly says: boolean }
  | { readonly kind: "slow"; readonly delayMs: number };

export interface SimServiceOptions {
  readonly clock: SimClock;
  readonly dice: Dice;
  readonly traits: ServiceTraits;
  readonly witness: SocketWitness & { connecting(socket: SimSocket): void };
  readonly shellHandlers: Pick<SimShellOptions, "onInput" | "onPrint" | "onOverflow" | "onKill">;
}

/** AWS signatures are good for five minutes before and after. */
const MAX_SKEW_MS = 300_000;

export class SimService {
  latencyMs = 10;
  shell: SimShell | undefined;
  shells = 0;
  socket: SimSocket | undefined;
  readonly #options: SimServiceOptions;
  #obstacle: Obstacle | undefined;
  #obstacleUntil = 0;
  #obstacleCount = 0;

  constructor(options: SimServiceOptions) {
    this.#options = options;
  }

  /** From now on upgrades meet `obstacle`: until a time has passed, or so often. */
  obstruct(obstacle: Obstacle, limit: { readonly ms?: number; readonly times?: number }): void {
    this.#obstacle = obstacle;
    this.#obstacleUntil = this.#options.clock.world + (limit.ms ?? Number.POSITIVE_INFINITY);
    this.#obstacleCount = limit.times ?? Number.POSITIVE_INFINITY;
  }

  clear(): void {
    this.#obstacle = undefined;
  }

  /** The shell is gone; what its client sees is the caller's business. */
  forget(): void {
    this.shell = undefined;
  }

  readonly openSocket: OpenSocket = (request, handlers) => {
    const { clock, dice, witness } = this.#options;
    const socket = new SimSocket({
      clock,
      request,
      handlers,
      witness,
      latencyMs: this.latencyMs * dice.between(0.5, 2),
      noticeMs: dice.magnitude(10, 60_000),
    });
    witness.connecting(socket);
    this.socket = socket;
    this.#connect(socket);
    return socket;
  };

  #connect(socket: SimSocket): void {
    const { clock } = this.#options;
    const obstacle = this.#takeObstacle();
    const later = (ms: number, run: () => void) => clock.inWorld(clock.world + ms, run);
    if (obstacle?.kind === "fails") socket.fail(obstacle.code, socket.latencyMs);
    else if (obstacle?.kind === "breaks") socket.fail("ECONNRESET", socket.latencyMs);
    else if (obstacle?.kind === "silent") return;
    else if (obstacle?.kind === "slow")
      later(obstacle.delayMs, () => {
        if (!socket.ended) this.#upgrade(socket, obstacle);
      });
    else later(socket.latencyMs, () => this.#upgrade(socket, obstacle));
  }

  #upgrade(socket: SimSocket, obstacle: Obstacle | undefined): void {
    const { clock } = this.#options;
    const date = new Date(clock.trueTime).toUTCString();
    if (obstacle?.kind === "refuses") {
      const type = obstacle.type === undefined ? {} : { "x-amzn-errortype": obstacle.type };
      socket.refuse(obstacle.status, { ...type, date }, obstacle.body);
      return;
    }
    const signedAt = Number(socket.request.headers["x-sim-date"]);
    if (Math.abs(signedAt - clock.trueTime) > MAX_SKEW_MS) {
      const body = '{"message":"Signature expired: is now earlier than"}';
      socket.refuse(403, { "x-amzn-errortype": "InvalidSignatureException", date }, body);
      return;
    }
    if (obstacle?.kind === "cannot start") {
      socket.open({});
      if (obstacle.says) {
        const status = '{"status":"Failure","reason":"InternalError","message":"cannot start","code":500}';
        socket.message(new TextEncoder().encode(`\u0003${status}`));
      }
      socket.closeWith(1011);
      return;
    }
    this.#attach(socket, obstacle);
  }

  #attach(socket: SimSocket, obstacle: Obstacle | undefined): void {
    const { clock, traits } = this.#options;
    const isNew = this.shell === undefined;
    this.shell ??= this.#newShell(socket);
    if (obstacle?.kind === "answer lost") {
      socket.loseDown();
      if (obstacle.breaks) socket.fail("ECONNRESET", socket.latencyMs);
    }
    this.shell.attach(socket, haveOf(socket), isNew);
    if (isNew) this.shell.print(32);
    if (obstacle?.kind === "answer lost" && obstacle.breaks) socket.loseUp();
    if (obstacle?.kind === "short") {
      clock.inWorld(clock.world + socket.latencyMs + obstacle.lifeMs, () => socket.cut());
    }
    clock.inWorld(clock.world + traits.ttlMs, () => this.#expire(socket));
  }

  #newShell(socket: SimSocket): SimShell {
    const { clock, traits, shellHandlers } = this.#options;
    const stream = this.shells++;
    const shellId = new URL(socket.request.url).searchParams.get("shellId") ?? "";
    const epoch = `00000000-0000-4000-8000-${String(stream).padStart(12, "0")}`;
    return new SimShell({ clock, traits, shellId, stream, epoch, ...shellHandlers });
  }

  #expire(socket: SimSocket): void {
    const { shell } = this;
    if (shell?.socket !== socket) return;
    const { ttlEnd } = this.#options.traits;
    if (ttlEnd === "reset") socket.cut();
    else if (ttlEnd === "1000") shell.close(1000, "", false);
    else shell.close(1008, "connection duration exceeded", ttlEnd === "close-frame-1008");
  }

  #takeObstacle(): Obstacle | undefined {
    if (this.#obstacle === undefined) return undefined;
    if (this.#options.clock.world > this.#obstacleUntil || this.#obstacleCount <= 0) {
      this.#obstacle = undefined;
      return undefined;
    }
    this.#obstacleCount -= 1;
    return this.#obstacle;
  }
}

function haveOf(socket: SimSocket): { epoch: string; offset: number } | undefined {
  const [epoch, offset] = (socket.request.headers["x-agentd-have"] ?? "").split(":");
  return epoch === undefined || offset === undefined ? undefined : { epoch, offset: Number(offset) };
}
