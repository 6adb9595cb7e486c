// Opens the places of the web terminal: 127.0.0.1 and ::1 on one port, or a private Unix socket. No other address.
import { createServer, type Server } from "node:http";
import type { Socket } from "node:net";
import { dirname } from "node:path";
import { AgentdError } from "../../shared/errors.js";
import { checkSafeDirectory } from "../../shared/host/safe-directory.js";
import { bindPrivately, freeName, publish, withdraw } from "../../shared/host/socket-name.js";
import { printable } from "../../shared/names.js";
import { WEB_LIMITS } from "./limits.js";
import type { WebPlace } from "./place.js";

const ANY_PORT_ATTEMPTS = 20;
/** Where there is no IPv6, there is nothing to listen on. */
const NO_IPV6: ReadonlySet<string> = new Set(["EADDRNOTAVAIL", "EAFNOSUPPORT", "EINVAL"]);

export interface WebListener {
  readonly place: WebPlace;
  /** Takes no more connections and ends those that are no WebSockets. */
  close(): void;
}

/** Sets the handlers of a server that will listen at `place`. */
export type Attend = (server: Server, place: WebPlace) => void;

/**
 * Listens on `port` of both loopback addresses, or on any that is free on both: a program that has only one of them would get
 * what was meant for us. @throws AgentdError `daemon_unavailable` when the port is taken.
 */
export async function listenOnLoopback(
  port: number | undefined,
  attend: Attend,
  requestMs?: number,
): Promise<WebListener> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await tryPort(port ?? 0, attend, requestMs);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === "EADDRINUSE" && port === undefined && attempt < ANY_PORT_ATTEMPTS) continue;
      const what = port === undefined ? "a port" : `port ${port}`;
      const why = code === "EADDRINUSE" ? "another program has it" : (code ?? "unknown error");
      throw new AgentdError(
        "daemon_unavailable",
        `cannot listen on ${what}: ${why} · choose another: --port N`,
        {
          cause: error,
        },
      );
    }
  }
}

async function tryPort(wanted: number, attend: Attend, requestMs?: number): Promise<WebListener> {
  const servers: Server[] = [];
  const close = () => {
    for (const server of servers) end(server);
  };
  try {
    const first = newServer(requestMs);
    servers.push(first);
    const port = await listen(first, wanted, "127.0.0.1");
    const second = newServer(requestMs);
    const hasIpv6 = await listen(second, port, "::1").catch((error: NodeJS.ErrnoException) => {
      if (NO_IPV6.has(error.code ?? "")) return undefined;
      throw error;
    });
    if (hasIpv6 !== undefined) servers.push(second);
    const place: WebPlace = { kind: "tcp", port };
    for (const server of servers) attend(server, place);
    return { place, close };
  } catch (error) {
    close();
    throw error;
  }
}

/** Listens at `path`, mode 0600, in a directory that only this user can enter. @throws AgentdError `unsafe_directory`, `daemon_unavailable`. */
export async function listenOnSocket(
  path: string,
  as: string,
  attend: Attend,
  requestMs?: number,
): Promise<WebListener> {
  checkSafeDirectory(dirname(path));
  if ((await freeName(path)) === "live")
    throw new AgentdError("daemon_unavailable", `another program listens at '${printable(path)}'`);
  const server = newServer(requestMs);
  const temporary = await bindPrivately(server, path, "daemon").catch((error: NodeJS.ErrnoException) => {
    if (error instanceof AgentdError) throw error;
    throw new AgentdError(
      "unsafe_directory",
      `cannot make '${printable(path)}' (${error.code ?? "unknown error"}) · choose another path`,
      { cause: error },
    );
  });
  const inode = publish(temporary, path);
  if (inode === undefined) {
    end(server);
    throw new AgentdError("daemon_unavailable", `something else has just made '${printable(path)}'`);
  }
  const place: WebPlace = { kind: "unix", path, as };
  attend(server, place);
  return {
    place,
    close: () => {
      withdraw(path, inode);
      end(server);
    },
  };
}

function newServer(requestMs: number = WEB_LIMITS.requestMs): Server {
  const server = createServer({
    maxHeaderSize: WEB_LIMITS.headerBytes,
    headersTimeout: requestMs,
    requestTimeout: requestMs,
    keepAliveTimeout: requestMs,
    connectionsCheckingInterval: Math.min(500, requestMs),
    // What is wrong with a Host is said by door.ts.
    requireHostHeader: false,
  });
  // Connections on which nothing is ever sent.
  server.timeout = requestMs;
  boundStrangers(server);
  return server;
}

/** Connections that carry no WebSocket: of too many the oldest goes, so that those which are held open keep nobody out. */
function boundStrangers(server: Server): void {
  const strangers = new Set<Socket>();
  server.on("connection", (socket) => {
    strangers.add(socket);
    socket.once("close", () => strangers.delete(socket));
    const [oldest] = strangers;
    if (strangers.size > WEB_LIMITS.connections) oldest?.destroy();
  });
  server.on("upgrade", (request) => strangers.delete(request.socket));
}

async function listen(server: Server, port: number, host: string): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen({ port, host, exclusive: true }, () => {
      server.off("error", reject);
      resolve();
    });
  });
  const address = server.address();
  return typeof address === "object" && address !== null ? address.port : port;
}

function end(server: Server): void {
  server.close();
  server.closeAllConnections();
}
