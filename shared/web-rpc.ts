// The part of the local socket's contract that is about the web terminal.

/** Where the web terminal listens: on a port of 127.0.0.1 and ::1, or at a Unix socket that a browser elsewhere sees `as` its own host and port. */
export interface WebPlaceParams {
  readonly port?: number;
  readonly socket?: string;
  readonly as?: string;
}

export interface WebAddress {
  /** With a secret in its fragment. */
  readonly url: string;
  /** For `web.revoke`. */
  readonly id: string;
  readonly port?: number;
  readonly socket?: string;
}

export interface WebList {
  readonly v: 1;
  readonly on: boolean;
  readonly places: readonly { readonly url: string; readonly port?: number; readonly socket?: string }[];
  readonly links: readonly WebLink[];
}

/** What one printed address opens. Times are ISO 8601. */
export interface WebLink {
  readonly id: string;
  /** `owner`: every shell, and making and killing them. `link`: seeing, and typing where it is not `readOnly`. */
  readonly kind: "owner" | "link";
  /** The only shell that it opens. */
  readonly shell?: string;
  readonly readOnly: boolean;
  readonly createdAt: string;
  /** Absent: nobody has opened it yet. */
  readonly usedAt?: string;
  readonly expiresAt?: string;
  /** How many WebSockets it has open. */
  readonly sockets: number;
}

/** Part of `daemon.status`: only while the web terminal is on, and without `url` while it waits for its port. */
export interface WebState {
  readonly web?: { readonly url?: string; readonly links: number; readonly sockets: number };
}

type Nothing = Readonly<Record<string, never>>;

export interface WebMethods {
  /** Turns the web terminal on when it is off; answers with an address that opens it once, within 60 s. */
  "web.start": { params: WebPlaceParams; result: WebAddress };
  /** The same with lesser rights: `name` alone, without typing, for a time. */
  "web.link": {
    params: WebPlaceParams & {
      readonly name?: string;
      readonly readOnly?: boolean;
      readonly expiresInMs?: number;
    };
    result: WebAddress;
  };
  /** Turns it off; every link ends. */
  "web.stop": { params: Nothing; result: { readonly stopped: boolean } };
  "web.ls": { params: Nothing; result: WebList };
  /** Ends a link, or all; its pages are closed at once. */
  "web.revoke": {
    params: { readonly id?: string; readonly all?: boolean };
    result: { readonly revoked: number };
  };
}
