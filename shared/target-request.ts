// What a client asks a new shell to run on.

/** What a new shell runs on. */
export type TargetRequest =
  | {
      readonly kind: "local";
      /** Program and arguments; absent: the `SHELL` of `env`, as a login shell. */
      readonly command?: readonly string[];
      readonly cwd: string;
      readonly env: Readonly<Record<string, string>>;
      /** Of the shell's process, 0..0o777; absent: 0o022. */
      readonly umask?: number;
    }
  | {
      readonly kind: "agentcore";
      /** An ARN, or the name of a target in the config file. */
      readonly runtimeArn: string;
      readonly region?: string;
      readonly profile?: string;
      readonly qualifier?: string;
      readonly endpointUrl?: string;
      readonly bearerTokenFile?: string;
      /** Kept in memory only, never on disk. */
      readonly bearerToken?: string;
      /** The client's `AWS_PROFILE`: counts where neither `profile` nor the config file names one. */
      readonly defaultProfile?: string;
      readonly runtimeSessionId?: string;
      readonly shellId?: string;
      /** Typed once into a new shell, when it has come up; never into one that existed. Absent: as the config file says. */
      readonly startCommand?: string;
      /** 60,000 or more; 0: never, whatever the config file says. */
      readonly idleStopMs?: number;
    };
