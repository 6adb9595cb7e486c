// What the local runtime keeps of a screen for the next daemon, and what it takes for none.
import { writeFileSync } from "node:fs";
import { request } from "node:http";
import { afterEach, describe, expect, it } from "vitest";
import { newSession } from "../../support/local-service.js";
import { UnixRuntime } from "../../support/unix-runtime.js";
import { until } from "../../support/until.js";

const MIB = 1024 * 1024;

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
}

describe("a checkpoint in the local runtime", () => {
  let runtime: UnixRuntime;
  afterEach(() => runtime.dispose());

  function call(
    method: string,
    query: Readonly<Record<string, string | number>>,
    body?: Uint8Array,
  ): Promise<Answer> {
    const text = new URLSearchParams(Object.entries(query).map(([name, value]) => [name, String(value)]));
    const path = `/agentd/checkpoint?${text}`;
    return new Promise((resolve, reject) => {
      const outgoing = request({ socketPath: runtime.socketPath, method, path, agent: false }, (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("end", () =>
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            body: Buffer.concat(chunks),
          }),
        );
      });
      outgoing.on("error", reject);
      outgoing.end(body);
    });
  }

  const listed = async () =>
    (await runtime.call("GET", "/agentd/shells")).body["shells"] as {
      shellId: string;
      offset: number;
      checkpoint?: number;
      exit?: unknown;
    }[];

  /** A shell that prints what is typed into it, and what is asked about it. */
  async function shell(command: string) {
    runtime = await UnixRuntime.start();
    const ids = { runtimeSessionId: newSession(), shellId: "a" };
    const { body } = await runtime.create({ ...ids, command: ["bash", "-c", command] });
    const place = { ...ids, epoch: String(body["epoch"]), offset: 5, cols: 80, rows: 24 };
    await until("five bytes", async () => ((await listed())[0]?.offset ?? 0) >= 5);
    return { ids, place };
  }

  it("is given back as it was handed over, and the latest one only", async () => {
    const { ids, place } = await shell("printf 12345; sleep 1000");
    expect((await call("GET", ids)).status).toBe(404);
    const bytes = Uint8Array.from({ length: 2 * MIB }, (_, n) => n % 256);
    expect((await call("PUT", { ...place, offset: 3 }, Buffer.from("old"))).status).toBe(204);
    expect((await call("PUT", place, bytes)).status).toBe(204);
    const { status, headers, body } = await call("GET", ids);
    expect(status).toBe(200);
    expect(headers).toMatchObject({
      "x-agentd-epoch": place.epoch,
      "x-agentd-offset": "5",
      "x-agentd-cols": "80",
      "x-agentd-rows": "24",
    });
    expect(body.equals(bytes)).toBe(true);
    expect(await listed()).toMatchObject([{ shellId: "a", checkpoint: 5 }]);
  });

  it.each([
    ["of another terminal", { epoch: "0d9c1bb6-6f64-4f4e-9d6c-1d1f6c3f6a11" }, 409],
    ["of output that has not come", { offset: 6 }, 409],
    ["older than the one that is kept", { offset: 3 }, 409],
    ["of another shell", { shellId: "b" }, 404],
    ["without a size", { cols: 0 }, 400],
    ["of a size that is none", { rows: 1001 }, 400],
    ["of a place that is none", { offset: "1e3" }, 400],
  ])("is refused when it is %s, and the kept one stays", async (_case, wrong, status) => {
    const { ids, place } = await shell("printf 12345; sleep 1000");
    expect((await call("PUT", { ...place, offset: 4 }, Buffer.from("kept"))).status).toBe(204);
    expect((await call("PUT", { ...place, ...wrong }, Buffer.from("wrong"))).status).toBe(status);
    expect((await call("GET", ids)).body.toString()).toBe("kept");
  });

  it("is refused when it is longer than 2 MiB, and other requests are served on", async () => {
    const { ids, place } = await shell("printf 12345; sleep 1000");
    const answer = await call("PUT", place, new Uint8Array(2 * MIB + 1)).catch(() => ({ status: 400 }));
    expect(answer.status).toBe(400);
    expect((await call("GET", ids)).status).toBe(404);
  });

  it("is given up when the output no longer reaches back to it", async () => {
    const { ids, place } = await shell(
      "printf 12345; until [ -e go ]; do sleep 0.02; done; head -c 1100000 /dev/zero; sleep 1000",
    );
    expect((await call("PUT", place, Buffer.from("kept"))).status).toBe(204);
    writeFileSync(`${runtime.directory}/go`, "");
    await until("more than is kept", async () => ((await listed())[0]?.offset ?? 0) > 1_100_000);
    expect((await call("GET", ids)).status).toBe(404);
    expect((await call("PUT", place, Buffer.from("late"))).status).toBe(409);
    expect((await listed())[0]).not.toHaveProperty("checkpoint");
  });

  it("outlives the shell for whoever has yet to learn of its end, and no longer", async () => {
    const { ids, place } = await shell("printf 12345; until [ -e go ]; do sleep 0.02; done; printf bye");
    expect((await call("PUT", place, Buffer.from("kept"))).status).toBe(204);
    writeFileSync(`${runtime.directory}/go`, "");
    await until("its end", async () => (await listed())[0]?.exit !== undefined);
    expect((await call("GET", ids)).body.toString()).toBe("kept");
    expect((await call("PUT", place, Buffer.from("late"))).status).toBe(404);
    await (await runtime.open(ids.runtimeSessionId, "a", { "x-agentd-have": "*:0" })).closed;
    await until("it is freed", async () => (await call("GET", ids)).status === 404);
  });
});
