// The config that counts now: read again when its file changes, and kept when the new one is broken.
import type { ConfigProblem, ConfigState } from "../../shared/daemon-care.js";
import type { Log } from "../log.js";
import type { Clock } from "../upstream/clock.js";
import { type Config, inspectConfig, problemLine, readConfig } from "./config.js";
import { ConfigWatch } from "./watch.js";

/** What others need: never keep `current`, it is another object after a change. */
export interface ConfigSource {
  readonly current: Config;
}

/**
 * Invariant: `current` came from a file without a mistake (or from none). New shells, attachments and connections use it as it is
 * then; what exists keeps what it began with.
 */
export class LiveConfig implements ConfigSource {
  readonly #path: string;
  readonly #log: Pick<Log, "info" | "warn">;
  #current: Config;
  #problems: readonly ConfigProblem[] = [];
  #loadedAt = new Date().toISOString();
  #watch: ConfigWatch | undefined;

  /** @throws AgentdError `bad_config`: a daemon does not start with a config that says nothing reliable. */
  constructor(path: string, log: Pick<Log, "info" | "warn">) {
    this.#path = path;
    this.#log = log;
    this.#current = readConfig(path);
  }

  get current(): Config {
    return this.#current;
  }

  get state(): ConfigState {
    const failure = this.#watch?.failure;
    return {
      path: this.#path,
      loadedAt: this.#loadedAt,
      problems: this.#problems,
      ...(failure === undefined ? {} : { watchFailure: failure }),
    };
  }

  /** One line when the file is broken and an older one is in use. */
  get trouble(): string | undefined {
    if (this.#problems.length === 0) return undefined;
    return `${problemLine(this.#path, this.#problems)} · the config from before is in use`;
  }

  /** Reads the file now. @returns `state`, after it. */
  reload(): ConfigState {
    const { config, problems } = inspectConfig(this.#path);
    const known = JSON.stringify(this.#problems);
    this.#problems = problems;
    if (problems.length === 0) this.#accept(config, known !== "[]");
    else if (JSON.stringify(problems) !== known) {
      for (const { line, key, message } of problems)
        this.#log.warn(
          { path: this.#path, line, key, reason: message },
          "config is broken, the old one is kept",
        );
    }
    return this.state;
  }

  /** Follows the file from now on; what happened since it was read is read. */
  follow(clock: Pick<Clock, "setTimeout">): void {
    this.#watch = new ConfigWatch(this.#path, clock, () => void this.reload());
    const { failure } = this.#watch;
    if (failure !== undefined)
      this.#log.warn({ path: this.#path, reason: failure }, "config is not watched: agentd daemon reload");
    this.reload();
  }

  close(): void {
    this.#watch?.close();
  }

  #accept(config: Config, wasBroken: boolean): void {
    const changed = changedKeys(this.#current, config);
    if (changed.length === 0 && !wasBroken) return;
    this.#current = config;
    this.#loadedAt = new Date().toISOString();
    this.#log.info({ path: this.#path, changed: changed.join(", ") }, "config read again");
  }
}

function changedKeys(before: Config, after: Config): string[] {
  const text = (value: unknown) => JSON.stringify(value instanceof Map ? [...value] : value);
  const keys = new Set([...Object.keys(before), ...Object.keys(after)]) as Set<keyof Config>;
  return [...keys].filter((key) => text(before[key]) !== text(after[key]));
}
