// The seam between the connection logic and the network: one WebSocket as the logic sees it.

export interface SocketRequest {
  /** `ws://` or `wss://`, with path and query. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Connect to this Unix socket instead of the URL's host. */
  readonly socketPath?: string;
}

/** How a socket ended. */
export type SocketEnd =
  /** The server answered the upgrade with plain HTTP. `body`: its first 16 KiB as text. */
  | {
      readonly kind: "refused";
      readonly status: number;
      readonly headers: Readonly<Record<string, string>>;
      readonly body: string;
    }
  /** No answer at all. `code`: Node's or OpenSSL's error code. */
  | { readonly kind: "failed"; readonly code: string; readonly message: string }
  /** Ended after the 101. `code` is 1006 when no close frame came, and 1005 when it held no code. */
  | { readonly kind: "closed"; readonly code: number; readonly reason: string };

export interface SocketHandlers {
  /** The 101; header names are lower case. */
  onOpen(headers: Readonly<Record<string, string>>): void;
  /** `data` is owned by the receiver. */
  onMessage(data: Uint8Array, isBinary: boolean): void;
  /** A ping of the server: proof of life. */
  onPing(): void;
  /** The answer to our ping `id`, or 0 for one that we did not ask for. */
  onPong(id: number): void;
  /** Exactly once, and nothing after it. */
  onEnd(end: SocketEnd): void;
}

export interface Socket {
  /** Hands over one binary message; `onWritten` follows once the kernel has it, or never. */
  send(message: Uint8Array, onWritten: () => void): void;
  /** `id` comes back in the pong; 1 to 2^32-1. */
  ping(id: number): void;
  /** Bytes handed over that the kernel has not taken yet. */
  readonly bufferedBytes: number;
  /** Starts the closing handshake. */
  close(code: number): void;
  /** Drops the connection at once. */
  terminate(): void;
  pause(): void;
  resume(): void;
}

export type OpenSocket = (request: SocketRequest, handlers: SocketHandlers) => Socket;
