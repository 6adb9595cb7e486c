// What every benchmark needs of a program that keeps terminals: a session, and a command that attaches to it.

export interface Program {
  readonly file: string;
  readonly args: readonly string[];
}

/** Sessions run an interactive bash without rc files in 80x24, in a directory and on a socket of their own. */
export interface Peer {
  readonly name: string;
  readonly env: Readonly<Record<string, string>>;
  /** Makes a session that nobody is attached to. */
  start(session: string): Promise<void>;
  /** What a user runs to see the session; its terminal is the one to measure at. */
  attach(session: string): Program;
  /** The processes that hold the sessions; not the shells in them. */
  processes(): readonly number[];
  /** Ends every session. */
  end(): void;
}

export interface PeerOptions {
  /** Lines of history that a session keeps; absent: as the program comes. */
  readonly history?: number;
  /** As transparent as the configuration makes it: no filter, no prefix key. Only agentd can; the others come as they are. */
  readonly transparent?: boolean;
}

/** A prompt that no escape sequence contains. */
export const PROMPT = "bench$";
export const SHELL: readonly string[] = ["bash", "--norc", "--noprofile", "-i"];
export const SIZE = { cols: 80, rows: 24 } as const;

/** The environment that every peer starts with. */
export function peerEnvironment(home: string): Record<string, string> {
  return {
    HOME: home,
    PATH: process.env["PATH"] ?? "/usr/bin:/bin",
    LANG: "C.UTF-8",
    TERM: "xterm-256color",
    SHELL: "/bin/bash",
    PS1: `${PROMPT} `,
    HISTFILE: "",
    AGENTD_BENCH_HOME: home,
  };
}
