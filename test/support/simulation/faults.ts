// What goes wrong in a simulation, fault by fault.
import { encodeTextFrame } from "../../../shared/frame.js";
import type { ShellExit } from "../../../shared/status.js";
import type { Dice, FaultKind } from "./schedule.js";
import type { SimClock } from "./sim-clock.js";
import type { SimService } from "./sim-service.js";

/** What faults can be done to. */
export interface FaultTarget {
  readonly clock: SimClock;
  readonly dice: Dice;
  readonly service: SimService;
  /** No credentials can be had for so long. */
  expireCredentials(ms: number): void;
  /** The shell's process ends. */
  exit(exit: ShellExit): void;
  /** From now on the service answers that there is no such runtime. */
  notFound(): void;
  pauseReading(ms: number): void;
  look(): void;
  resizeOften(): void;
  kill(): void;
}

const REFUSALS = [
  { status: 403, type: "ExpiredTokenException", body: '{"message":"The security token is expired"}' },
  { status: 403, type: "AccessDeniedException", body: '{"message":"not authorized"}' },
  { status: 401, body: "" },
  { status: 409, type: "ConflictException", body: '{"message":"in progress"}' },
  { status: 409, type: "RetryableConflictException", body: "{}" },
  { status: 424, body: '{"error":"ShellLimitExceeded","message":"10 shells already open"}' },
  { status: 424, body: '{"error":"RuntimeClientError","message":"unreachable"}' },
  { status: 429, type: "ThrottlingException", body: '{"message":"Rate exceeded"}' },
  { status: 429, body: '{"message":"maximum number of shells"}' },
  { status: 402, type: "ServiceQuotaExceededException", body: "{}" },
  { status: 400, body: '{"message":"agent is not in a READY state"}' },
  { status: 408, body: "" },
  { status: 500, type: "InternalServerException", body: "{}" },
  { status: 502, body: "<html>bad gateway</html>" },
  { status: 503, body: "" },
  { status: 200, body: "<html>please log in</html>" },
  { status: 302, body: "" },
] as const;

const FAILURES = [
  "ENOTFOUND",
  "EAI_AGAIN",
  "ECONNREFUSED",
  "ENETUNREACH",
  "EHOSTUNREACH",
  "ETIMEDOUT",
  "ECONNRESET",
  "CERT_HAS_EXPIRED",
];

const CLOSES = [1001, 1001, 1005, 1006, 1008, 1009, 1011, 1012, 1013, 1014, 4001];

const EXITS: readonly ShellExit[] = [
  { kind: "code", exitCode: 0 },
  { kind: "code", exitCode: 7 },
  { kind: "signal", signal: 9, exitCode: 137 },
  { kind: "unknown", message: "the machine failed" },
];

/** Makes `kind` happen now; some faults take their time. */
export function inject(kind: FaultKind, target: FaultTarget): void {
  const { clock, dice, service } = target;
  const { shell } = service;
  const cut = () => service.socket?.cut();
  /** Outages are short more often than long. */
  const outage = () => ({ ms: dice.magnitude(100, dice.chance(0.1) ? 1_500_000 : 40_000) });
  switch (kind) {
    case "cut":
      cut();
      break;
    case "ends without a close frame":
      shell?.close(1006, "", false);
      break;
    case "half-open": {
      const { socket } = service;
      if (dice.chance(0.7)) socket?.halfOpen();
      else if (dice.chance(0.5)) socket?.loseDown();
      else socket?.loseUp();
      break;
    }
    case "freeze": {
      const down = dice.chance(0.7);
      service.socket?.freeze(down, !down || dice.chance(0.6), dice.magnitude(50, 90_000));
      break;
    }
    case "close":
      shell?.close(dice.pick(CLOSES), dice.chance(0.5) ? "" : "because", dice.chance(0.3));
      break;
    case "plain 1000":
      shell?.close(1000, "", dice.chance(0.2));
      break;
    case "lookup or connect fails":
      service.obstruct({ kind: "fails", code: dice.pick(FAILURES) }, outage());
      cut();
      break;
    case "refused":
      service.obstruct({ kind: "refuses", ...dice.pick(REFUSALS) }, outage());
      if (dice.chance(0.9)) cut();
      break;
    case "credentials expired":
      target.expireCredentials(outage().ms);
      cut();
      break;
    case "upgrade never answered":
      service.obstruct({ kind: "silent" }, { times: 1 });
      cut();
      break;
    case "answer to the upgrade lost":
      if (dice.chance(0.6)) service.forget();
      service.obstruct({ kind: "answer lost", breaks: dice.chance(0.8) }, { times: 1 });
      cut();
      break;
    case "cut during the upgrade":
      service.obstruct({ kind: "breaks" }, { times: 1 + dice.int(4) });
      cut();
      break;
    case "cut right after the upgrade":
      if (dice.chance(0.4)) service.forget();
      service.obstruct({ kind: "short", lifeMs: dice.magnitude(1, 2_000) }, { times: 1 + dice.int(4) });
      cut();
      break;
    case "flapping":
      service.obstruct({ kind: "short", lifeMs: dice.magnitude(10, 20_000) }, outage());
      cut();
      break;
    case "shell could not be started":
      service.obstruct({ kind: "cannot start", says: dice.chance(0.5) }, { times: 1 + dice.int(2) });
      cut();
      break;
    case "exit while away":
      service.forget();
      cut();
      break;
    case "machine recycled":
      service.forget();
      if (dice.chance(0.3)) cut();
      else shell?.close(dice.pick([1001, 1001, 1011, 1006]), "", dice.chance(0.6));
      break;
    case "wall clock jumps":
      clock.jumpWall((dice.chance(0.5) ? 1 : -1) * dice.magnitude(1_000, 86_400_000));
      break;
    case "process stopped":
      clock.stopProcess(dice.magnitude(500, 120_000));
      break;
    case "machine asleep":
      clock.sleep(dice.magnitude(1_000, 3 * 3_600_000));
      break;
    case "taken":
      shell?.close(4000, "replaced by new connection", false);
      break;
    case "noise":
      makeNoise(target);
      break;
    case "reading paused":
      target.pauseReading(dice.magnitude(1, 5_000));
      break;
    case "somebody looks":
      target.look();
      break;
    case "slow start":
      service.obstruct({ kind: "slow", delayMs: dice.magnitude(100, 200_000) }, { times: 1 });
      cut();
      break;
    case "resize":
      target.resizeOften();
      break;
    case "exit":
      target.exit(dice.pick(EXITS));
      break;
    case "not found":
      target.notFound();
      service.obstruct({ kind: "refuses", status: 404, body: "" }, {});
      cut();
      break;
    case "kill":
      target.kill();
      break;
  }
}

const encoder = new TextEncoder();

/** What the protocol does not know, or says twice. */
function makeNoise({ dice, service }: FaultTarget): void {
  const socket = service.shell?.socket;
  for (let n = dice.int(4); n >= 0; n--) {
    switch (dice.int(6)) {
      case 0:
        socket?.message(new Uint8Array());
        break;
      case 1:
        socket?.message(encoder.encode("text"), false);
        break;
      case 2:
        socket?.message(Uint8Array.of(0x7a, 1, 2, 3));
        break;
      case 3:
        socket?.message(encodeTextFrame(3, '{"status":"Success?","metadata":[]'));
        break;
      case 4:
        socket?.message(encodeTextFrame(3, '{"status":["Success"],"code":-1}'));
        break;
      case 5:
        socket?.message(Uint8Array.of(1));
        break;
    }
  }
}
