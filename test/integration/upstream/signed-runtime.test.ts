// The upstream against the AgentCore-compatible endpoint as a process of its own, which verifies signatures independently.
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { systemClock } from "../../../daemon/upstream/clock.js";
import { freshIds } from "../../../daemon/upstream/ids.js";
import { createSigner } from "../../../daemon/upstream/service/sign.js";
import type { UpstreamIds } from "../../../daemon/upstream/target.js";
import { Upstream } from "../../../daemon/upstream/upstream.js";
import { openWebSocket } from "../../../daemon/upstream/web-socket.js";
import { LinkRecorder } from "../../support/link-recorder.js";
import { program } from "../../support/sandbox.js";

const keys = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "secret-for-tests" };
const runtimeArn = "arn:aws:bedrock-agentcore:us-west-2:123456789012:runtime/demo-Ab1";

let directory: string;
let server: ChildProcess;
let endpointUrl: string;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), "agentd-signed-"));
  const config = join(directory, "runtime.json");
  writeFileSync(config, JSON.stringify({ credentials: [keys] }), { mode: 0o600 });
  const args = [program("runtime"), "serve", "--listen", "127.0.0.1:0", "--config", config];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  server = child;
  for await (const line of createInterface({ input: child.stdout })) {
    endpointUrl = (JSON.parse(line) as { url: string }).url;
    break;
  }
});
afterAll(async () => {
  const ended = new Promise((resolve) => server.once("exit", resolve));
  server.kill("SIGTERM");
  await ended;
  rmSync(directory, { recursive: true, force: true });
});

function open(secretAccessKey: string, ids: UpstreamIds, known = false) {
  const recorder = new LinkRecorder();
  const upstream = new Upstream({
    target: { kind: "agentcore", region: "us-west-2", runtimeArn, endpointUrl },
    ids,
    size: { cols: 80, rows: 24 },
    known,
    handlers: recorder,
    deps: {
      clock: systemClock,
      random: Math.random,
      openSocket: openWebSocket,
      sign: createSigner({
        clock: systemClock,
        providerFor: async () => async () => ({ ...keys, secretAccessKey }),
      }),
      localSocketPath: "",
      log: { debug() {}, info() {}, warn() {} },
    },
  });
  const stop = new AbortController();
  return { recorder, upstream, stop, ending: upstream.run(stop.signal) };
}

describe("a shell behind verified signatures", () => {
  it("opens, is reattached as the same shell by another upstream, and ends with its status", async () => {
    const ids = freshIds();
    const first = open(keys.secretAccessKey, ids);
    first.upstream.send(Buffer.from("export KEPT=yes; echo se''t\r"));
    await first.recorder.until(() => first.recorder.output.includes("set"));
    expect(first.recorder.of("live")[0]).toMatchObject({ verdict: "first", ids });
    first.stop.abort();
    expect(await first.ending).toEqual({ kind: "stopped" });

    const second = open(keys.secretAccessKey, ids, true);
    second.upstream.send(Buffer.from("exit $([ $KEPT = yes ] && echo 5)\r"));
    expect(await second.ending).toEqual({ kind: "exited", exit: { kind: "code", exitCode: 5 } });
    expect(second.recorder.of("confirmed").at(-1)?.verdict ?? "same").toBe("same");
  });

  it("is refused with a wrong secret, in one line", async () => {
    const { ending } = open("not-the-secret", freshIds());
    const result = await ending;
    expect(result).toMatchObject({ kind: "gone", error: { exitStatus: 77 } });
    expect(result.kind === "gone" && result.error.message).not.toMatch(/[\n\r]/);
  });

  it("can be killed, and a later connect learns that, instead of making a new one", async () => {
    const ids = freshIds();
    const first = open(keys.secretAccessKey, ids);
    await first.recorder.event("live");
    await first.upstream.kill(AbortSignal.timeout(15_000));
    expect((await first.ending).kind).toBe("exited");
    const second = open(keys.secretAccessKey, ids, true);
    expect((await second.ending).kind).toBe("exited");
  });

  it("counts as capacity when it is the eleventh of its session", async () => {
    const { runtimeSessionId } = freshIds();
    const shells = Array.from({ length: 10 }, () =>
      open(keys.secretAccessKey, { ...freshIds(), runtimeSessionId }),
    );
    await Promise.all(shells.map(({ recorder }) => recorder.event("live")));
    const eleventh = open(keys.secretAccessKey, { ...freshIds(), runtimeSessionId });
    expect(await eleventh.ending).toMatchObject({ kind: "gone", error: { code: "capacity" } });
    await Promise.all(shells.map(({ upstream }) => upstream.kill(AbortSignal.timeout(15_000))));
  });
});
