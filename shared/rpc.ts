// The contract of the local socket: every JSON-RPC method with its parameters and result. Documented in docs/protocol.md.
import type { CloudMethods, Lifetime, Slots } from "./cloud-rpc.js";
import type { ConfigState, DaemonStatus, Finding, LogLevel, UnsavedState } from "./daemon-care.js";
import type { NoticeSpan, Verdict } from "./notice.js";
import type { PromptState } from "./prompt.js";
import type { RunParams, RunResult } from "./run.js";
import type { ScreenCapture } from "./screen-capture.js";
import type { SizePolicy } from "./size.js";
import type { ShellExit } from "./status.js";
import type { TargetRequest } from "./target-request.js";
import type { WebMethods } from "./web-rpc.js";

export type { DaemonStatus, UnsavedState } from "./daemon-care.js";
export type { ScreenFrame } from "./screen-frame.js";
export type { TargetRequest } from "./target-request.js";

/** Bumped by any change that an older peer cannot ignore. `hello`, `daemon.status` and `daemon.stop` work across versions. */
export const PROTOCOL_VERSION = 1;

export type ShellState =
  | "starting"
  | "live"
  | "reconnecting"
  | "needs-credentials"
  | "taken"
  | "capacity"
  /** Not connected because nobody used it: attaching or typing wakes it. */
  | "asleep"
  | "ended"
  | "gone";

/** One attached client, as `ls -v` shows it. What it says of itself (`client`, `tty`, `pid`) is not checked by anybody. */
export interface AttachedInfo {
  /** Counts the arrivals at this shell. */
  readonly id: number;
  /** ISO 8601. */
  readonly since: string;
  readonly cols: number;
  readonly rows: number;
  /** It typed last: its terminal is asked what the programs ask. */
  readonly leads: boolean;
  readonly readOnly?: true;
  /** Its size does not count, and it never leads. */
  readonly ignoreSize?: true;
  /** It does not read: its output is being dropped until it does. */
  readonly behind?: true;
  /** The program, from `hello`. */
  readonly client?: string;
  /** The client's terminal, such as `/dev/pts/3`. */
  readonly tty?: string;
  readonly pid?: number;
}

/** What `ls --json` shows of a shell (cli.md). Times are ISO 8601. */
export interface ShellInfo {
  readonly name: string;
  readonly kind: "local" | "agentcore";
  readonly state: ShellState;
  readonly runtimeArn?: string;
  readonly region?: string;
  readonly qualifier?: string;
  readonly endpointUrl?: string;
  readonly runtimeSessionId: string;
  readonly shellId: string;
  /** How many clients are attached now. */
  readonly clients: number;
  /** In the order of their arrival. */
  readonly attached: readonly AttachedInfo[];
  /** Absent: `latest`. */
  readonly sizePolicy?: SizePolicy;
  readonly cols: number;
  readonly rows: number;
  readonly title?: string;
  readonly cwd?: string;
  /** Where its prompt stands, when the program marks it (OSC 133). */
  readonly prompt?: PromptState;
  readonly labels: Readonly<Record<string, string>>;
  readonly createdAt: string;
  /** When something was last typed or printed; absent while that is not known. */
  readonly activeAt?: string;
  /** When a terminal was last attached. */
  readonly attachedAt?: string;
  /** When the present connection was made. */
  readonly connectedAt?: string;
  readonly endedAt?: string;
  readonly exitCode?: number;
  readonly signal?: number;
  readonly bytesLost: number;
  /** Output of this time (ISO 8601) may be missing: a link died, and the server does not count what it sends. */
  readonly possibleGap?: NoticeSpan;
  /** Typed bytes that wait to be sent. */
  readonly heldBytes?: number;
  readonly verdict?: Verdict;
  /** Local shells only. */
  readonly pid?: number;
  /** Why the shell is not live, in words. */
  readonly reason?: string;
  /** AgentCore only, in `shell.list` and `shell.info`. */
  readonly lifetime?: Lifetime;
  readonly slots?: Slots;
  /** Without any use for so long its connection is let go; absent: never. */
  readonly idleStopMs?: number;
  /** Only when it is not `safe`. */
  readonly escapes?: Escapes;
  /** Only when it is not `deny`. */
  readonly clipboard?: Clipboard;
}

/** What becomes of a program's escape sequences: `safe` lets only harmless ones through (docs/security.md). */
export type Escapes = "safe" | "raw";
/** Whether programs may write the clipboard of attached terminals. None may read it, unless the escapes are `raw`. */
export type Clipboard = "deny" | "allow";

export interface AttachParams {
  readonly name: string;
  readonly cols: number;
  readonly rows: number;
  readonly readOnly?: boolean;
  /** Never leads: its size and its typing do not decide the shell's size. */
  readonly ignoreSize?: boolean;
  /** Cut off every other client (they exit 254), and win the shell back when another tool took it upstream. */
  readonly take?: boolean;
  /** End every other client as if it had pressed the detach key (they exit 0). */
  readonly detachOthers?: boolean;
  /** False for a client that is no terminal and so answers no terminal queries. Default true. */
  readonly terminal?: boolean;
  /** For whoever looks who is attached: this client's terminal, such as `/dev/pts/3`, and its process. */
  readonly tty?: string;
  readonly pid?: number;
  /** What this client has already shown: it then gets only what is new, when the daemon still has it. */
  readonly resume?: { readonly epoch: string; readonly offset: number };
  /** Of a client that comes back: so many milliseconds ago its person typed last. Among such the last one leads. */
  readonly typedAgo?: number;
}

export interface AttachResult {
  readonly shell: ShellInfo;
  readonly epoch: string;
  /** Absolute STDOUT offset at which this client's stream starts: after the snapshot, or where it resumes. */
  readonly offset: number;
  /** True: the stream goes on from `resume.offset`, and no snapshot is sent first. */
  readonly resumed: boolean;
}

export interface HelloResult {
  readonly protocol: number;
  readonly version: string;
  readonly pid: number;
  /** From the daemon's config file: what the client needs of it. */
  readonly client: {
    readonly prefix: string;
    readonly defaultTarget?: string;
    /** Names of the targets that a new shell can run on, besides `local`. */
    readonly targets?: readonly string[];
  };
}

type Nothing = Readonly<Record<string, never>>;

/** Method name → parameters (by name, always an object) and result. */
export interface Methods extends CloudMethods, WebMethods {
  hello: { params: { readonly protocol: number; readonly client: string }; result: HelloResult };
  /** Creates a shell and answers once it is live, or fails with the reason and leaves nothing behind. */
  "shell.new": {
    params: {
      readonly name: string;
      readonly target: TargetRequest;
      readonly cols?: number;
      readonly rows?: number;
      /** Default: that of the config file. */
      readonly sizePolicy?: SizePolicy;
      readonly labels?: Readonly<Record<string, string>>;
      /** Answer with the existing shell of that name instead of `name_taken`. */
      readonly reuse?: boolean;
      /** Absent: as the daemon's config file says, `safe` unless it says otherwise. */
      readonly escapes?: Escapes;
      /** Absent: as the daemon's config file says, `deny` unless it says otherwise. */
      readonly clipboard?: Clipboard;
    };
    result: { readonly shell: ShellInfo; readonly created: boolean };
  };
  /** After the answer, the connection is a stream of packets in both directions. */
  "shell.attach": { params: AttachParams; result: AttachResult };
  "shell.list": {
    params: Nothing;
    result: { readonly shells: readonly ShellInfo[]; readonly configProblem?: string } & UnsavedState;
  };
  "shell.info": { params: { readonly name: string }; result: { readonly shell: ShellInfo } };
  /** Ends the shell's process. Ended shells are forgotten at once. `force`: also one whose end nobody confirms within a second. */
  "shell.kill": {
    params: { readonly name: string; readonly force?: boolean };
    result: { readonly exit?: ShellExit };
  };
  "shell.rename": { params: { readonly name: string; readonly to: string }; result: Nothing };
  /** Sets labels, null removes one, no labels change nothing. Answers with all labels, when they are on the disk. */
  "shell.label": {
    params: { readonly name: string; readonly labels: Readonly<Record<string, string | null>> };
    result: { readonly labels: Readonly<Record<string, string>> };
  };
  /** A size makes the policy `manual`; a policy takes effect at once. Answers with the shell as it is now. */
  "shell.resize": {
    params: {
      readonly name: string;
      readonly cols?: number;
      readonly rows?: number;
      readonly sizePolicy?: SizePolicy;
    };
    result: { readonly shell: ShellInfo };
  };
  /** Ends the attachment of every client of the shell (or of all shells, without `name`). */
  "shell.detach": { params: { readonly name?: string }; result: { readonly detached: number } };
  /** Types bytes (base64) into the shell. */
  "shell.send": {
    params: { readonly name: string; readonly data: string };
    result: { readonly bytes: number };
  };
  /** Runs a command as if it were typed at the prompt. One at a time; the others wait in order, and `timeoutMs` counts from the call. */
  "shell.run": { params: RunParams; result: RunResult };
  /**
   * The screen as text, with SGR (`ansi`), as a page (`html`) or as data (`json`: `screen` instead of `text`). Lines count from the
   * top of the screen, 0; negative reaches into the scrollback. `join`: lines that were broken at the border are one.
   * `epoch` and `offset`: the place in the output that it is of; an attach can go on from there (`resume`).
   */
  "shell.capture": {
    params: {
      readonly name: string;
      readonly start?: number;
      readonly end?: number;
      readonly join?: boolean;
      /** The older spelling of `format: "ansi"`. */
      readonly ansi?: boolean;
      readonly format?: "text" | "ansi" | "html" | "json";
    };
    result: { readonly epoch: string; readonly offset: number } & (
      | { readonly text: string; readonly screen?: never }
      | { readonly screen: ScreenCapture; readonly text?: never }
    );
  };
  /**
   * Sends the shell's screen as `screen` notifications on this connection: at once, then whenever it has changed, at most 15 times
   * a second and never faster than it is read. A connection watches one shell: the last one asked for.
   */
  "shell.watch": { params: { readonly name: string; readonly rows?: number }; result: Nothing };
  /** Ends that. */
  "shell.unwatch": { params: Nothing; result: Nothing };
  "daemon.status": { params: Nothing; result: DaemonStatus };
  /** Orderly stop that kills no shell; `localShells`: also end the local runtime and its shells. */
  "daemon.stop": { params: { readonly localShells?: boolean; readonly restart?: boolean }; result: Nothing };
  /** Reads the config file now; what is wrong with it is in the answer, and the config from before stays in use. */
  "daemon.reload": { params: Nothing; result: { readonly config: ConfigState } };
  /** Changes how much the daemon logs, until its end. */
  "daemon.logLevel": { params: { readonly level: LogLevel }; result: { readonly before: LogLevel } };
  /**
   * Looks for what is wrong between here and AgentCore, without starting anything there: for `target` (an ARN or a name of the config
   * file), for the shell `name`, or for every target that is configured or in use.
   */
  "daemon.check": {
    params: { readonly target?: string; readonly name?: string };
    result: { readonly findings: readonly Finding[]; readonly notes: readonly string[] };
  };
  /** Turns the connection into a stream of `event` notifications. */
  "events.subscribe": { params: Nothing; result: { readonly shells: readonly ShellInfo[] } };
}

export type MethodName = keyof Methods;
export type Params<M extends MethodName> = Methods[M]["params"];
export type Result<M extends MethodName> = Methods[M]["result"];

/** The parameters of an `event` notification: a shell appeared or changed (`shell` present), or was forgotten. */
export type ShellEvent =
  | { readonly kind: "changed"; readonly shell: ShellInfo }
  | { readonly kind: "renamed"; readonly from: string; readonly shell: ShellInfo }
  | { readonly kind: "forgotten"; readonly name: string };
