import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer, type RequestListener, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { LocalRuntimeLink, type LocalShellSpec } from "../../../daemon/upstream/local/local-runtime-link.js";
import { startLocalRuntime } from "../../../daemon/upstream/local/local-runtime-process.js";

const spec: LocalShellSpec = {
  runtimeSessionId: "s".repeat(36),
  shellId: "sh1",
  name: "work",
  cwd: "/",
  env: { SHELL: "/bin/bash" },
  cols: 80,
  rows: 24,
};
const made = { pid: 7, epoch: "0f0e0d0c-0000-4000-8000-000000000001" };

let directory: string;
let socketPath: string;
let server: Server | undefined;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "agentd-link-"));
  socketPath = join(directory, "r.sock");
});
afterEach(async () => {
  server?.closeAllConnections();
  await new Promise((resolve) => (server ? server.close(resolve) : resolve(undefined)));
  server = undefined;
  rmSync(directory, { recursive: true });
});

/** Serves the socket as a runtime would. */
async function serve(listener: RequestListener): Promise<void> {
  server = createServer(listener);
  await new Promise<void>((resolve) => server!.listen(socketPath, resolve));
}

const answer =
  (status: number, body: unknown): RequestListener =>
  (_request, response) =>
    response.writeHead(status).end(JSON.stringify(body));

const neverStart = () => Promise.reject(new Error("must not start"));

describe("LocalRuntimeLink", () => {
  it("creates a shell with the spec as JSON", async () => {
    let seen = "";
    await serve((request, response) => {
      request.on("data", (chunk) => {
        seen += chunk;
      });
      request.on("end", () => response.writeHead(201).end(JSON.stringify(made)));
    });
    const link = new LocalRuntimeLink({ socketPath, start: neverStart });
    expect(await link.createShell(spec)).toEqual(made);
    expect(JSON.parse(seen)).toEqual(spec);
  });

  it("starts the runtime once for shells that are made at once", async () => {
    let starts = 0;
    const link = new LocalRuntimeLink({
      socketPath,
      start: async () => {
        starts += 1;
        await serve(answer(201, made));
      },
    });
    const shells = await Promise.all([
      link.createShell(spec),
      link.createShell(spec),
      link.createShell(spec),
    ]);
    expect([starts, shells]).toEqual([1, [made, made, made]]);
  });

  it("starts it again when it ended by itself in the middle of the request", async () => {
    await serve((request) => {
      // The socket file goes first, as when the runtime ends.
      server!.close();
      request.socket.destroy();
    });
    const link = new LocalRuntimeLink({ socketPath, start: () => serve(answer(201, made)) });
    expect(await link.createShell(spec)).toEqual(made);
  });

  it("finds the shell whose creation lost only its answer", async () => {
    let calls = 0;
    await serve((request, response) => {
      calls += 1;
      if (calls === 1) request.socket.destroy();
      else if (request.method === "POST")
        answer(409, { error: "Conflict", message: "exists" })(request, response);
      else answer(200, { shells: [{ ...made, shellId: "sh1" }] })(request, response);
    });
    const link = new LocalRuntimeLink({ socketPath, start: neverStart });
    expect(await link.createShell(spec)).toEqual(made);
  });

  it.each([
    [422, "spawn_failed", "cannot start the shell · no such directory: /x^["],
    [409, "name_taken", "a local shell with these ids exists · no such directory: /x^["],
  ])("passes on the runtime's words for %d, made printable", async (status, code, message) => {
    await serve(answer(status, { error: "E", message: "no such directory: /x\u001b" }));
    const link = new LocalRuntimeLink({ socketPath, start: neverStart });
    await expect(link.createShell(spec)).rejects.toMatchObject({ code, message });
  });

  it("says spawn_failed when the runtime cannot be started", async () => {
    const link = new LocalRuntimeLink({ socketPath, start: neverStart });
    await expect(link.createShell(spec)).rejects.toMatchObject({ code: "spawn_failed" });
  });

  it("has no shells and nothing to stop where no runtime runs", async () => {
    const link = new LocalRuntimeLink({ socketPath, start: neverStart });
    expect(await link.listShells()).toEqual([]);
    await link.stop();
  });

  it("takes a runtime that ends before it answers for stopped", async () => {
    await serve((request) => request.socket.destroy());
    await new LocalRuntimeLink({ socketPath, start: neverStart }).stop();
  });
});

describe("startLocalRuntime", () => {
  const program = (source: string) => {
    const path = join(directory, "program.cjs");
    writeFileSync(path, source);
    return {
      command: [process.execPath, path] as [string, string],
      socketPath,
      logPath: join(directory, "log"),
      env: { ONLY: "this" },
    };
  };

  it("resolves at the ready line, and the program lives on in its own session with only its environment", async () => {
    const options = program(`
      const { createServer } = require("node:http");
      createServer((request, response) => {
        if (request.url === "/agentd/stop") { response.writeHead(202).end("{}"); setImmediate(() => process.exit()); return; }
        const stat = require("node:fs").readFileSync("/proc/self/stat", "utf8").split(" ");
        const shells = [{ args: process.argv.slice(2), pid: process.pid, sid: Number(stat[5]), cwd: process.cwd(), env: Object.keys(process.env) }];
        response.end(JSON.stringify({ shells }));
      }).listen(process.argv[4], () => console.log(JSON.stringify({ socket: process.argv[4] })));
    `);
    await startLocalRuntime(options);
    const link = new LocalRuntimeLink({ socketPath, start: neverStart });
    const [shell] = (await link.listShells()) as unknown as {
      args: string[];
      pid: number;
      sid: number;
      cwd: string;
      env: string[];
    }[];
    expect(shell).toMatchObject({ args: ["serve", "--unix", socketPath], cwd: "/", env: ["ONLY"] });
    expect(shell!.sid).toBe(shell!.pid);
    await link.stop();
  });

  it.each([
    ["ends at once", "process.exit(3)", "the local runtime did not start · it ended at once (status 3)"],
    [
      "is another program",
      "setInterval(() => process.stdout.write('x'.repeat(999)), 1)",
      "the local runtime did not start · it said something else",
    ],
  ])("fails when the program %s", async (_case, source, message) => {
    await expect(startLocalRuntime(program(source))).rejects.toMatchObject({ code: "spawn_failed", message });
  });

  it("repeats the program's last words, which nobody else can read", async () => {
    const options = program("console.error('no terminals here'); process.exit(1)");
    await expect(startLocalRuntime(options)).rejects.toMatchObject({
      message: "the local runtime did not start · no terminals here",
    });
    expect(statSync(options.logPath).mode & 0o777).toBe(0o600);
  });

  it("fails when there is no such program", async () => {
    const options = {
      command: ["/nonexistent/program"] as [string],
      socketPath,
      logPath: join(directory, "log"),
      env: {},
    };
    await expect(startLocalRuntime(options)).rejects.toMatchObject({ code: "spawn_failed" });
  });
});
