// Opens a real WebSocket: the only file of this folder that knows the `ws` library.
import type { ClientRequest, IncomingHttpHeaders, IncomingMessage } from "node:http";
import { connect } from "node:net";
import { WebSocket } from "ws";
import { MAX_FRAME_BYTES } from "../../shared/channel.js";
import type { OpenSocket, SocketEnd } from "./socket.js";

/** Our bound on the text of a refusal; the service's are a few hundred bytes. */
const MAX_BODY_BYTES = 16 * 1024;

/** A refusal's body must arrive without a longer pause than this, or it is used as far as it came. */
const BODY_IDLE_MS = 5_000;

/**
 * The published sources disagree whether the channel byte counts into the 64 KB; this takes the looser reading.
 * Anything longer is answered with close 1009 by `ws`.
 */
const MAX_MESSAGE_BYTES = MAX_FRAME_BYTES + 1;

/** Redirects are never followed: signed headers go only to the host that they were signed for. */
export const openWebSocket: OpenSocket = (request, handlers) => {
  const { socketPath } = request;
  const socket = new WebSocket(request.url, {
    headers: { ...request.headers },
    followRedirects: false,
    perMessageDeflate: false,
    maxPayload: MAX_MESSAGE_BYTES,
    ...(socketPath === undefined ? {} : { createConnection: () => connect(socketPath) }),
  });
  let upgraded = false;
  let ended = false;
  let failure: SocketEnd = { kind: "failed", code: "ECONNRESET", message: "the connection was closed" };

  const end = (how: SocketEnd) => {
    if (ended) return;
    ended = true;
    handlers.onEnd(how);
  };

  let openingHeaders: Record<string, string> = {};
  socket.on("upgrade", (response) => {
    openingHeaders = singleHeaders(response.headers);
  });
  socket.on("open", () => {
    upgraded = true;
    if (!ended) handlers.onOpen(openingHeaders);
  });
  socket.on("message", (data, isBinary) => {
    // The default binaryType is "nodebuffer": each message is one Buffer.
    if (!ended) handlers.onMessage(data as Buffer, isBinary);
  });
  socket.on("ping", () => !ended && handlers.onPing());
  socket.on("pong", (data) => !ended && handlers.onPong(data.length === 4 ? data.readUInt32BE() : 0));
  socket.on("unexpected-response", (_request: ClientRequest, response) => {
    readBody(response, (body) => {
      end({
        kind: "refused",
        status: response.statusCode ?? 0,
        headers: singleHeaders(response.headers),
        body,
      });
      socket.terminate();
    });
  });
  // An error is always followed by a close, and that one carries the code the server chose: an error alone must not hide a 4000.
  socket.on("error", (error: NodeJS.ErrnoException) => {
    failure = { kind: "failed", code: error.code ?? "EPROTO", message: error.message };
  });
  socket.on("close", (code, reason) => {
    end(upgraded ? { kind: "closed", code, reason: reason.toString("utf8") } : failure);
  });

  return {
    send: (message, onWritten) => {
      socket.send(message, { binary: true }, (error) => {
        if (!error) onWritten();
      });
    },
    ping: (id) => {
      const payload = Buffer.alloc(4);
      payload.writeUInt32BE(id);
      if (socket.readyState === WebSocket.OPEN) socket.ping(payload);
    },
    get bufferedBytes() {
      return socket.bufferedAmount;
    },
    close: (code) => socket.close(code),
    terminate: () => socket.terminate(),
    pause: () => socket.pause(),
    resume: () => socket.resume(),
  };
};

/** Calls `onBody` once, with as much of the body as came within the bounds. */
function readBody(response: IncomingMessage, onBody: (body: string) => void): void {
  const chunks: Buffer[] = [];
  let bytes = 0;
  let done = false;
  const finish = () => {
    if (done) return;
    done = true;
    onBody(Buffer.concat(chunks).subarray(0, MAX_BODY_BYTES).toString("utf8"));
  };
  response.on("data", (chunk: Buffer) => {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes >= MAX_BODY_BYTES) finish();
  });
  response.on("end", finish);
  response.on("error", finish);
  response.on("close", finish);
  response.setTimeout(BODY_IDLE_MS, finish);
}

function singleHeaders(headers: IncomingHttpHeaders): Record<string, string> {
  const result: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (typeof value === "string") result[name] = value;
  }
  return result;
}
