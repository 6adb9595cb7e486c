// The environment that a daemon starts with: what it needs, by name, and nothing else (a daemon lives long and is shared).

/** Exact names. The provider chain of AWS needs HOME and AWS_*; proxies are the way out on many networks. */
const ALLOWED = new Set([
  "HOME",
  "PATH",
  "USER",
  "LOGNAME",
  "SHELL",
  "LANG",
  "TERM",
  "TZ",
  "TMPDIR",
  "HTTPS_PROXY",
  "https_proxy",
  "HTTP_PROXY",
  "http_proxy",
  "NO_PROXY",
  "no_proxy",
  "ALL_PROXY",
  "all_proxy",
  "AGENTD_RUNTIME_DIR",
  "AGENTD_STATE_DIR",
  "AGENTD_CONFIG",
  "AGENTD_LOG_LEVEL",
]);

const ALLOWED_PREFIXES = ["LC_", "XDG_", "AWS_"];

/**
 * Keeps the allowed variables of `env`. What can load code into Node or the linker, weaken TLS, or open an inspector
 * (`NODE_*`, `LD_*`, `DYLD_*`, `BASH_ENV`, `ENV`) is not on the list, and so is dropped.
 */
export function daemonEnvironment(env: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const [name, value] of Object.entries(env)) {
    if (value === undefined) continue;
    if (ALLOWED.has(name) || ALLOWED_PREFIXES.some((prefix) => name.startsWith(prefix))) kept[name] = value;
  }
  return kept;
}
