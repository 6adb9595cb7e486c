// The channel numbers: the first byte of every frame, on every transport.

/**
 * Channels 0..5 and 255 come from the AgentCore shell protocol (developer guide, "command shell"; the published SDKs agree).
 * Channels 0x10 to 0x12 are ours and never leave this machine: they exist only between the daemon and its clients.
 */
export const Channel = {
  /** client → shell: raw bytes for the PTY. */
  Stdin: 0x00,
  /** shell → client: raw PTY output; a PTY merges the command's stdout and stderr. */
  Stdout: 0x01,
  /** server → client: diagnostics of the platform in UTF-8, not the command's stderr. */
  Stderr: 0x02,
  /** server → client: JSON, confirmation or termination; see status.ts. */
  Status: 0x03,
  /** client → server: JSON `{"width":cols,"height":rows}`; see size.ts. */
  Resize: 0x04,
  /** both ways: the receiver of a heartbeat echoes its payload. */
  Heartbeat: 0x05,
  /** daemon → client: clear the terminal and draw this; see snapshot.ts. Empty from a client: please send one. */
  Snapshot: 0x10,
  /** both ways, JSON: what happened to the shell; see notice.ts. */
  Notice: 0x11,
  /** browser → daemon: u32 big-endian, payload bytes of output and drawings that the page has parsed since the last one. */
  Ack: 0x12,
  /** Upstream: kill the shell. From a local client: detach (killing is an RPC). */
  Close: 0xff,
} as const;

export type Channel = (typeof Channel)[keyof typeof Channel];

/** From the protocol: the longest WebSocket message, channel byte included (the strict reading of "64 KB"). */
export const MAX_FRAME_BYTES = 65_536;

/** The longest payload of one frame. */
export const MAX_PAYLOAD_BYTES = MAX_FRAME_BYTES - 1;

/** What a page may leave unacknowledged (payload bytes of STDOUT, STDERR, SNAPSHOT); above it, it counts as one that does not read. */
export const MAX_UNACKNOWLEDGED_BYTES = 512 * 1024;
/** A page acknowledges at least this often, in payload bytes. */
export const ACKNOWLEDGE_EVERY_BYTES = 32 * 1024;
