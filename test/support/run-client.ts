// Runs commands in a shell over the daemon's socket: the output as bytes, and the answer.
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { createInterface } from "node:readline";
import type { MethodName, Params } from "../../shared/rpc.js";
import type { RunResult } from "../../shared/run.js";

export interface Ran extends Partial<RunResult> {
  readonly output: Buffer;
  /** The code of the error instead of a result. */
  readonly error?: string;
  readonly message?: string;
}

interface Line {
  readonly id?: number;
  readonly method?: string;
  readonly params?: { readonly data: string };
  readonly result?: object;
  readonly error?: { readonly message: string; readonly data?: { readonly code?: string } };
}

/** Call `close` when done. One run at a time for each client. */
export class RunClient {
  readonly #socket: Socket;
  readonly #answers = new Map<number, (line: Line) => void>();
  #output: Buffer[] = [];
  #onOutput: (bytes: Buffer) => void = () => {};
  #nextId = 1;

  private constructor(socket: Socket) {
    this.#socket = socket;
    createInterface({ input: socket }).on("line", (text) => this.#handle(JSON.parse(text) as Line));
    socket.on("error", () => {});
    socket.on("close", () => {
      for (const answer of this.#answers.values())
        answer({ error: { message: "closed", data: { code: "closed" } } });
    });
  }

  static async open(path: string): Promise<RunClient> {
    const socket = connect(path);
    await once(socket, "connect");
    const client = new RunClient(socket);
    await client.call("hello", { protocol: 1, client: "test" });
    return client;
  }

  call<M extends MethodName>(method: M, params: Params<M>): Promise<Line> {
    const id = this.#nextId++;
    this.#socket.write(`${JSON.stringify({ jsonrpc: "2.0", id, method, params })}\n`);
    return new Promise((resolve) => this.#answers.set(id, resolve));
  }

  /** @param onOutput told the bytes as they come */
  async run(
    name: string,
    command: string,
    options: Omit<Params<"shell.run">, "name" | "command"> = {},
    onOutput: (bytes: Buffer) => void = () => {},
  ): Promise<Ran> {
    this.#output = [];
    this.#onOutput = onOutput;
    const { error, result } = await this.call("shell.run", { name, command, ...options });
    const output = Buffer.concat(this.#output);
    if (error === undefined) return { ...(result as RunResult), output };
    return { output, error: error.data?.code ?? "internal", message: error.message };
  }

  async send(name: string, text: string): Promise<void> {
    const { error } = await this.call("shell.send", { name, data: Buffer.from(text).toString("base64") });
    if (error !== undefined) throw new Error(error.message);
  }

  close(): void {
    this.#socket.destroy();
  }

  #handle(line: Line): void {
    if (line.method === "run.output") {
      const bytes = Buffer.from(line.params?.data ?? "", "base64");
      this.#output.push(bytes);
      // The first one has no bytes: it says that the command has begun.
      if (bytes.length > 0) this.#onOutput(bytes);
    }
    if (line.id === undefined) return;
    this.#answers.get(line.id)?.(line);
    this.#answers.delete(line.id);
  }
}
