// The one error class, and the one table from its codes to JSON-RPC codes and exit statuses.

/** Exit statuses (cli.md, "Exit codes"; the numbers are those of sysexits.h and timeout(1) where those have one). */
export const ExitStatus = {
  Ok: 0,
  No: 1,
  NotFound: 2,
  Usage: 64,
  Unavailable: 69,
  Internal: 70,
  NameTaken: 73,
  TryLater: 75,
  Permission: 77,
  Config: 78,
  Timeout: 124,
  CutOff: 254,
  CannotAttach: 255,
} as const;

interface ErrorRow {
  /** JSON-RPC 2.0 error code; -32700..-32600 are the standard's, the others are ours. */
  readonly rpc: number;
  readonly exit: number;
}

const errorTable = {
  // The caller's words.
  parse_error: { rpc: -32700, exit: ExitStatus.Internal },
  invalid_request: { rpc: -32600, exit: ExitStatus.Internal },
  method_not_found: { rpc: -32601, exit: ExitStatus.Unavailable },
  invalid_params: { rpc: -32602, exit: ExitStatus.Usage },
  internal: { rpc: -32603, exit: ExitStatus.Internal },
  usage: { rpc: -32011, exit: ExitStatus.Usage },
  bad_name: { rpc: -32012, exit: ExitStatus.Usage },
  bad_arn: { rpc: -32013, exit: ExitStatus.Usage },
  // Shells.
  shell_not_found: { rpc: -32001, exit: ExitStatus.NotFound },
  name_taken: { rpc: -32002, exit: ExitStatus.NameTaken },
  shell_ended: { rpc: -32003, exit: ExitStatus.No },
  shell_not_live: { rpc: -32004, exit: ExitStatus.TryLater },
  read_only: { rpc: -32005, exit: ExitStatus.Permission },
  shell_busy: { rpc: -32007, exit: ExitStatus.TryLater },
  spawn_failed: { rpc: -32006, exit: ExitStatus.Unavailable },
  // The daemon and the machine.
  daemon_unavailable: { rpc: -32020, exit: ExitStatus.Unavailable },
  daemon_stopping: { rpc: -32021, exit: ExitStatus.Unavailable },
  protocol_mismatch: { rpc: -32022, exit: ExitStatus.Unavailable },
  too_busy: { rpc: -32023, exit: ExitStatus.TryLater },
  bad_packet: { rpc: -32024, exit: ExitStatus.Internal },
  unsafe_directory: { rpc: -32025, exit: ExitStatus.Config },
  path_too_long: { rpc: -32026, exit: ExitStatus.Config },
  bad_config: { rpc: -32027, exit: ExitStatus.Config },
  state_unwritable: { rpc: -32028, exit: ExitStatus.TryLater },
  timeout: { rpc: -32029, exit: ExitStatus.Timeout },
  too_large: { rpc: -32030, exit: ExitStatus.Usage },
  // Upstream.
  unreachable: { rpc: -32040, exit: ExitStatus.Unavailable },
  untrusted_certificate: { rpc: -32041, exit: ExitStatus.Unavailable },
  no_credentials: { rpc: -32042, exit: ExitStatus.Permission },
  access_denied: { rpc: -32043, exit: ExitStatus.Permission },
  runtime_not_found: { rpc: -32044, exit: ExitStatus.NotFound },
  rejected: { rpc: -32045, exit: ExitStatus.Unavailable },
  capacity: { rpc: -32046, exit: ExitStatus.TryLater },
  throttled: { rpc: -32047, exit: ExitStatus.TryLater },
  upstream_failed: { rpc: -32048, exit: ExitStatus.Unavailable },
} as const satisfies Record<string, ErrorRow>;

export type ErrorCode = keyof typeof errorTable;

/** Type guard for codes that arrive from another process. */
export function isErrorCode(value: unknown): value is ErrorCode {
  return typeof value === "string" && Object.hasOwn(errorTable, value);
}

/** Structured context of an error; travels over the socket, so it holds plain JSON and never a secret. */
export type ErrorDetails = Readonly<Record<string, string | number | boolean | readonly string[]>>;

/** Every failure that agentd reports. `message` is lower case, one line, and names the thing and the next step. */
export class AgentdError extends Error {
  override readonly name = "AgentdError";
  readonly code: ErrorCode;
  readonly details: ErrorDetails | undefined;

  constructor(code: ErrorCode, message: string, options: { cause?: unknown; details?: ErrorDetails } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.details = options.details;
  }

  get rpcCode(): number {
    return errorTable[this.code].rpc;
  }

  get exitStatus(): number {
    return errorTable[this.code].exit;
  }

  /** The only door for foreign errors: keeps an AgentdError, wraps anything else as `internal` with its cause. */
  static from(value: unknown): AgentdError {
    if (value instanceof AgentdError) return value;
    return new AgentdError("internal", "something went wrong inside agentd", { cause: value });
  }
}
