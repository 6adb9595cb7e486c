// One HTTP request to the local runtime, over its socket.
import { type Agent, request } from "node:http";

export interface RuntimeRequest {
  readonly socketPath: string;
  readonly method: "GET" | "POST" | "PUT";
  readonly path: string;
  /** False: a connection of its own. */
  readonly agent: Agent | false;
  readonly contentType: string;
  readonly body: Uint8Array;
  /** Silence of the runtime for so long is an error, and so is a longer answer than this. */
  readonly timeoutMs: number;
  readonly maxAnswerBytes: number;
}

export interface RuntimeAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly bytes: Buffer;
}

/** Rejects with Node's error (`ENOENT`, `ECONNREFUSED`, `ECONNRESET`), or one that says why there is no answer. */
export function requestRuntime(options: RuntimeRequest): Promise<RuntimeAnswer> {
  const { agent, body, contentType, maxAnswerBytes, method, path, socketPath, timeoutMs } = options;
  return new Promise((resolve, reject) => {
    const outgoing = request({
      socketPath,
      method,
      path,
      agent,
      timeout: timeoutMs,
      headers: { "content-type": contentType, "content-length": body.length },
    });
    outgoing.on("timeout", () => outgoing.destroy(new Error("no answer")));
    outgoing.on("error", reject);
    outgoing.on("response", (response) => {
      const chunks: Buffer[] = [];
      let length = 0;
      response.on("data", (chunk: Buffer) => {
        chunks.push(chunk);
        length += chunk.length;
        if (length > maxAnswerBytes) response.destroy(new Error("the answer is too long"));
      });
      response.on("error", reject);
      response.on("end", () => {
        const { headers, statusCode = 0 } = response;
        resolve({ status: statusCode, headers, bytes: Buffer.concat(chunks) });
      });
    });
    outgoing.end(body);
  });
}
