// Who is let in, and who is told why not, by how many descriptors are left.
import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { Doorkeeper } from "../../../../daemon/server/doorkeeper.js";
import type { ServerLog } from "../../../../daemon/server/server-log.js";
import { tempDirectory } from "../../../support/temp-directory.js";

/** A door before which `left` descriptors are free for connections. */
async function open(left: () => number) {
  const said: string[] = [];
  const note = (_: object, phrase: string) => void said.push(phrase);
  const log: ServerLog = { debug: note, info: note, warn: note, error: note, child: () => log };
  const received: Socket[] = [];
  const path = join(tempDirectory(), "s");
  let keeper: Doorkeeper | undefined;
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    const fd = (socket as unknown as { _handle: { fd: number } })._handle.fd;
    keeper ??= new Doorkeeper({
      log,
      onConnection: (accepted) => void received.push(accepted),
      descriptorLimit: fd + 1 + left(),
    });
    keeper.receive(socket);
  });
  server.listen(path);
  onTestFinished(() => {
    for (const socket of received) socket.destroy();
    server.close();
  });
  await once(server, "listening");
  return { path, received, said };
}

/** What a client is told, until the other side ends. */
async function visit(path: string): Promise<string> {
  const socket = connect(path);
  socket.on("error", () => {});
  let text = "";
  socket.on("data", (chunk) => {
    text += chunk;
  });
  await new Promise((resolve) => socket.on("close", resolve));
  return text;
}

describe("Doorkeeper", () => {
  it.each([0, 3, 4, 7])("says why it refuses a connection that leaves %d descriptors", async (left) => {
    const { path, received, said } = await open(() => left);
    const answer = JSON.parse(await visit(path)) as object;
    expect(answer).toMatchObject({
      id: null,
      error: {
        message: expect.stringMatching(/^busy: too many open files \(limit \d+ · raise LimitNOFILE\)$/),
        data: { code: "too_busy" },
      },
    });
    expect(received).toEqual([]);
    expect(said).toEqual(["connections are refused"]);
  });

  it("lets in the one that leaves eight", async () => {
    const { path, received } = await open(() => 8);
    const socket = connect(path);
    onTestFinished(() => void socket.destroy());
    await once(socket, "connect");
    await expect.poll(() => received.length).toBe(1);
  });
});
