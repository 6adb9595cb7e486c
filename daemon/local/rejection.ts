// Refusals as the service words them: a status, an exception name in a header, and a small JSON body.
import type { ServerResponse } from "node:http";
import { STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";

/** Exception names of the data plane and the status each has by default. */
const statuses = {
  ValidationException: 400,
  UnauthorizedException: 401,
  AccessDeniedException: 403,
  ResourceNotFoundException: 404,
  ConflictException: 409,
  RetryableConflictException: 409,
  RuntimeClientError: 424,
  ServiceQuotaExceededException: 429,
  InternalServerException: 500,
} as const;

export type ExceptionName = keyof typeof statuses;

/** Thrown anywhere while a request is being answered; it becomes the answer. */
export class Rejection extends Error {
  override readonly name = "Rejection";
  readonly status: number;
  readonly exception: ExceptionName;
  /** The body's `error` field: by it clients tell the meanings of one status apart. */
  readonly error: string | undefined;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    exception: ExceptionName,
    message: string,
    options: { status?: number; error?: string; headers?: Readonly<Record<string, string>> } = {},
  ) {
    super(message);
    this.exception = exception;
    this.status = options.status ?? statuses[exception];
    this.error = options.error;
    this.headers = options.headers ?? {};
  }

  /** Keeps a Rejection; anything else is an internal failure whose text stays here. */
  static from(error: unknown): Rejection {
    if (error instanceof Rejection) return error;
    return new Rejection("InternalServerException", "the request could not be served");
  }
}

/** Answers an ordinary request. */
export function sendRejection(response: ServerResponse, rejection: Rejection): void {
  const { head, body } = render(rejection);
  response.writeHead(rejection.status, head);
  response.end(body);
}

/** Answers an upgrade request, on its bare socket. */
export function sendUpgradeRejection(socket: Duplex, rejection: Rejection): void {
  const { head, body } = render(rejection);
  const lines = Object.entries({ ...head, connection: "close" }).map(([name, value]) => `${name}: ${value}`);
  const status = `HTTP/1.1 ${rejection.status} ${STATUS_CODES[rejection.status] ?? "Error"}`;
  socket.once("finish", () => socket.destroy());
  socket.end([status, ...lines, "", body].join("\r\n"));
}

function render(rejection: Rejection): { head: Record<string, string>; body: string } {
  const { error, message } = rejection;
  const body = JSON.stringify({ ...(error === undefined ? {} : { error }), message });
  const head = {
    "x-amzn-ErrorType": rejection.exception,
    "content-type": "application/json",
    "content-length": String(Buffer.byteLength(body)),
    ...rejection.headers,
  };
  return { head, body };
}
