// What an upstream connects to, and the two ids that name a shell there.

export interface AgentCoreTarget {
  readonly kind: "agentcore";
  readonly runtimeArn: string;
  /** Must be the region in the ARN. */
  readonly region: string;
  /** Endpoint name; the service's default is `DEFAULT`. */
  readonly qualifier?: string;
  /** Instead of the service's own address: `https://…`, or `http://…` on loopback only. */
  readonly endpointUrl?: string;
  /** AWS profile; absent: the default credential chain. */
  readonly profile?: string;
  /** OAuth runtimes: a file with the token, read again for each connection. */
  readonly bearerTokenFile?: string;
  /** OAuth runtimes: names a token that was given by value and is in memory only; no secret itself. */
  readonly heldToken?: string;
}

export type UpstreamTarget = AgentCoreTarget | { readonly kind: "local" };

export interface UpstreamIds {
  /** Routes to the microVM. */
  readonly runtimeSessionId: string;
  /** Names the PTY in it. */
  readonly shellId: string;
}

/** Names the server behind a target: what is learned of it holds for all its shells. */
export function serverName(target: UpstreamTarget): string {
  if (target.kind === "local") return "local";
  return [target.runtimeArn, target.qualifier ?? "", target.endpointUrl ?? ""].join(" ");
}
