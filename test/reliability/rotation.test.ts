// A connection that may live for three seconds only: the daemon renews it again and again, and nobody notices.
import { writeFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DaemonHome } from "../support/daemon-process.js";
import { firstSeed, percentile, percentilesText, recordFigures, repetitions } from "../support/figures.js";
import { CREDENTIAL_ENV, RuntimeServer, TEST_CREDENTIALS } from "../support/runtime-server.js";
import { judgeInput, token } from "../support/stream-oracle.js";
import { StreamShell } from "../support/stream-shell.js";
import { until } from "../support/until.js";

const TTL_MS = 3_000;
/** Lines of 32 bytes: more often than any pause that a renewal could wait for. */
const LINES_PER_SECOND = 200;
const KEY_EVERY_MS = 25;
/** A key typed or echoed this close to the change of connections is one "during a renewal". */
const NEAR_MS = 20;

const dialects = [
  { name: "a server that counts its output", knobs: {} },
  { name: "the service's dialect (replay since the detach, confirmation)", knobs: { exactMode: false } },
];

interface Renewals {
  readonly count: number;
  /** Milliseconds from typing a key to seeing its echo. */
  readonly echoes: readonly number[];
  readonly echoesDuring: readonly number[];
  readonly bytes: number;
  readonly keys: number;
  /** How long the connections lived, milliseconds. */
  readonly lives: readonly number[];
}

describe("renewing connections before the server cuts them", () => {
  const servers: RuntimeServer[] = [];

  beforeAll(async () => {
    const knobs = { credentials: [TEST_CREDENTIALS], connectionTtlMs: TTL_MS };
    servers.push(
      ...(await Promise.all(dialects.map((dialect) => RuntimeServer.start({ ...knobs, ...dialect.knobs })))),
    );
  });
  afterAll(async () => {
    await Promise.all(servers.map((server) => server.stop()));
  });

  it("costs no byte, no key and no notice, under output that never pauses", {
    timeout: 7_200_000,
  }, async () => {
    const home = new DaemonHome(CREDENTIAL_ENV);
    writeFileSync(home.env["AGENTD_CONFIG"]!, `connection_ttl = "${TTL_MS / 1000}s"\n`);
    await home.start().ready();
    const wanted = repetitions({ ci: 2, full: 20 });
    const results = await Promise.all(
      dialects.map(({ name }, index) => {
        const port = Number(new URL(servers[index]!.url).port);
        return run({ what: `${name}, seed ${firstSeed()}`, name: `r${index}`, port, home, wanted });
      }),
    );
    record(results);
  });
});

interface Run {
  readonly what: string;
  readonly name: string;
  readonly port: number;
  readonly home: DaemonHome;
  /** So many renewals. */
  readonly wanted: number;
}

async function run({ what, name, port, home, wanted }: Run): Promise<Renewals> {
  const keys = new Map<number, { readonly sentAt: number; echoedAt?: number }>();
  const shell = await StreamShell.open({
    socket: home.socket,
    name,
    port,
    seed: firstSeed(),
    directory: home.home,
    blocksPerSecond: LINES_PER_SECOND,
    onEcho: (text) => {
      for (const [, digits] of text.matchAll(/t(\d{6});/g)) {
        const key = keys.get(Number(digits));
        if (key !== undefined) key.echoedAt ??= performance.now();
      }
    },
  });
  try {
    const ignoreEchoes = { onEcho: () => {} };
    const others = [await shell.attach(ignoreEchoes), await shell.attach(ignoreEchoes)];
    const typing = setInterval(() => {
      keys.set(keys.size, { sentAt: performance.now() });
      shell.client.type(token(keys.size - 1));
    }, KEY_EVERY_MS);
    const { connections } = shell.proxy;
    await until(
      `${wanted} renewals: ${what}`,
      () => connections.length > wanted,
      (wanted + 2) * TTL_MS + 10_000,
    );
    await shell.client.newBytes(`output after the last renewal: ${what}`);
    clearInterval(typing);
    await until(`the last key was read: ${what}`, () => shell.logged.includes(token(keys.size - 1)));
    const unanswered = () => [...keys.values()].filter(({ echoedAt }) => echoedAt === undefined).length;
    await until(`every key was echoed: ${what}`, () => unanswered() === 0);
    await shell.finish(what);
    const clean = { lost: 0, doubled: 0, reordered: 0, garbage: 0, jumps: [] };
    for (const [index, client] of [shell.client, ...others].entries()) {
      const place = `client ${index + 1}, ${what}`;
      await client.when(`the end: ${place}`, () => client.oracle.hasEnded);
      expect(client.oracle.judge(), place).toMatchObject(clean);
      expect(client.redraws, place).toBe(0);
      const told = client.notices.filter(({ notice }) => notice.kind === "lost" || notice.kind === "back");
      expect(told, place).toEqual([]);
    }
    const all = { received: keys.size, doubled: 0, disordered: 0, torn: 0 };
    expect(judgeInput(shell.logged), `keys, ${what}`).toEqual(all);
    return measure(shell, [...keys.values()]);
  } finally {
    await shell.dispose();
  }
}

function measure(
  shell: StreamShell,
  keys: readonly { readonly sentAt: number; echoedAt?: number }[],
): Renewals {
  const { connections } = shell.proxy;
  const changes = connections.slice(1).map((connection, index) => ({
    from: (connections[index]!.closedAt ?? connection.openedAt) - NEAR_MS,
    to: connection.openedAt + NEAR_MS,
  }));
  const during = keys.filter(({ sentAt, echoedAt }) =>
    changes.some(({ from, to }) => sentAt < to && echoedAt! > from),
  );
  const delayOf = ({ sentAt, echoedAt }: (typeof keys)[number]) => echoedAt! - sentAt;
  return {
    count: changes.length,
    echoes: keys.map(delayOf),
    echoesDuring: during.map(delayOf),
    bytes: shell.client.oracle.judge().length ?? 0,
    keys: keys.length,
    lives: connections
      .slice(1)
      .map((connection, index) => connection.openedAt - connections[index]!.openedAt),
  };
}

function record(results: readonly Renewals[]): void {
  const rows = results.flatMap((result, index) => {
    const { name } = dialects[index]!;
    const all = `${result.count} renewals, ${result.bytes.toLocaleString("en-US")} bytes to each of 3 clients, ${result.keys} keys: 0 lost, 0 doubled, 0 notices`;
    const life = `${Math.round(percentile(result.lives, 0))} to ${Math.round(percentile(result.lives, 100))} ms of ${TTL_MS}`;
    return [
      [name, all],
      ["· age of a connection at its renewal", life],
      ["· key to echo p50 / p95 / p99", percentilesText(result.echoes)],
      [
        `· the same for the ${result.echoesDuring.length} keys during a renewal`,
        percentilesText(result.echoesDuring),
      ],
    ] as const;
  });
  if (process.env["AGENTD_SHOW"] !== undefined) console.log(rows.map((row) => row.join(": ")).join("\n"));
  recordFigures({
    id: "40-rotation",
    title: "Renewing a connection before the server cuts it",
    contract: "The planned renewal loses nothing, doubles nothing, and shows nothing.",
    method: `The server cuts every connection at ${TTL_MS} ms (AgentCore: at 60 minutes), the daemon is told so by \`connection_ttl\`. A program prints ${LINES_PER_SECOND} lines a second without a pause, so each renewal comes at the latest moment; three clients watch, one types a key every ${KEY_EVERY_MS} ms.`,
    command: "npm run figures",
    rows,
  });
}
