// A Unix socket in front of another that cuts connections: now, or after so many bytes to the client.
import { connect, createServer, type Server, type Socket } from "node:net";

export class CuttingProxy {
  readonly #server: Server;
  readonly #pairs = new Set<readonly [Socket, Socket]>();
  /** The next connections are cut after so many bytes downstream; empty: never. */
  readonly cutAfter: number[] = [];
  cuts = 0;

  private constructor(server: Server) {
    this.#server = server;
  }

  static async listen(path: string, target: string): Promise<CuttingProxy> {
    const server = createServer((client) => proxy.#handle(client, connect(target)));
    const proxy = new CuttingProxy(server);
    await new Promise<void>((resolve) => server.listen(path, resolve));
    return proxy;
  }

  /** Cuts all connections, without any goodbye. */
  cut(): void {
    for (const [client, upstream] of this.#pairs) {
      this.cuts += 1;
      client.destroy();
      upstream.destroy();
    }
  }

  async close(): Promise<void> {
    this.cut();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #handle(client: Socket, upstream: Socket): void {
    const pair = [client, upstream] as const;
    this.#pairs.add(pair);
    let left = this.cutAfter.shift() ?? Number.POSITIVE_INFINITY;
    const end = () => {
      this.#pairs.delete(pair);
      client.destroy();
      upstream.destroy();
    };
    for (const socket of pair) {
      socket.on("error", () => {});
      socket.on("close", end);
    }
    client.pipe(upstream);
    upstream.on("data", (chunk: Buffer) => {
      const part = chunk.subarray(0, left);
      left -= part.length;
      if (!client.write(part)) {
        upstream.pause();
        client.once("drain", () => upstream.resume());
      }
      if (left === 0) {
        this.cuts += 1;
        client.end();
        upstream.destroy();
      }
    });
  }
}
