// The daemon's requests about checkpoints: hand one over, ask for it. On its own Unix socket only.
import type { IncomingMessage, ServerResponse } from "node:http";
import { MAX_CHECKPOINT_BYTES } from "../../shared/snapshot.js";
import { readCheckpoint } from "./checkpoint.js";
import { readBody } from "./http-body.js";
import type { LocalShell } from "./local-shell.js";
import { Rejection } from "./rejection.js";
import type { Shells } from "./shells.js";

const PATH = "/agentd/checkpoint";

export function isCheckpointRequest({ url = "" }: IncomingMessage): boolean {
  return url.startsWith(`${PATH}?`);
}

/** Answers `PUT` and `GET`; the query names the shell by `runtimeSessionId` and `shellId`. @throws Rejection. */
export async function answerCheckpoint(
  shells: Shells,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const query = new URLSearchParams((request.url ?? "").slice(PATH.length));
  if (request.method === "PUT") await put(shells, query, request, response);
  else if (request.method === "GET") get(find(shells, query), response);
  else throw new Rejection("ResourceNotFoundException", "no such resource");
}

async function put(
  shells: Shells,
  query: URLSearchParams,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const checkpoint = readCheckpoint(query, await readBody(request, MAX_CHECKPOINT_BYTES));
  if (checkpoint === undefined) throw new Rejection("ValidationException", "not a checkpoint");
  const shell = find(shells, query);
  if (shell.exit !== undefined) throw new Rejection("ResourceNotFoundException", "the shell has ended");
  if (!shell.keepCheckpoint(checkpoint))
    throw new Rejection("ConflictException", "not a place that the output goes on from");
  response.writeHead(204).end();
}

function get({ checkpoint }: LocalShell, response: ServerResponse): void {
  if (checkpoint === undefined) throw new Rejection("ResourceNotFoundException", "no checkpoint");
  const { bytes, epoch, offset, size } = checkpoint;
  response.writeHead(200, {
    "content-type": "application/octet-stream",
    "content-length": bytes.length,
    "x-agentd-epoch": epoch,
    "x-agentd-offset": offset,
    "x-agentd-cols": size.cols,
    "x-agentd-rows": size.rows,
  });
  response.end(bytes);
}

function find(shells: Shells, query: URLSearchParams): LocalShell {
  const [session, id] = [query.get("runtimeSessionId"), query.get("shellId")];
  // One that runs comes before one that has ended and had its ids.
  const found = shells.all.find(
    ({ runtimeSessionId, shellId }) => runtimeSessionId === session && shellId === id,
  );
  if (found === undefined) throw new Rejection("ResourceNotFoundException", "no such shell");
  return found;
}
