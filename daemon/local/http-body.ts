// Reading a request's body within a bound.
import type { IncomingMessage } from "node:http";
import { Rejection } from "./rejection.js";

/** The whole body. @throws Rejection 400 (413 has no exception in this protocol) when it is over `maxBytes`. */
export async function readBody(request: IncomingMessage, maxBytes: number): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > maxBytes) throw new Rejection("ValidationException", `the body is over ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** The JSON object in a body. @throws Rejection 400. */
export function parseJsonObject(body: Uint8Array): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(Buffer.from(body).toString("utf8"));
    if (typeof value === "object" && value !== null && !Array.isArray(value))
      return value as Record<string, unknown>;
  } catch {
    // The same answer as for any other value.
  }
  throw new Rejection("ValidationException", "the body must be a JSON object");
}
