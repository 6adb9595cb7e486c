// The program dist/runtime.cjs: `serve --unix PATH` for the daemon, `serve --listen HOST:PORT [--config FILE]` for everybody else.
import { writeFileSync, writeSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { parseArgs } from "node:util";
import { AgentdError, ExitStatus } from "../../shared/errors.js";
import { daemonKnobs } from "./knobs.js";
import { LocalRuntime } from "./local-runtime.js";
import { checkPty } from "./pty-check.js";
import { type RuntimeConfig, readRuntimeConfig } from "./runtime-config.js";
import { publishSocket } from "./socket-path.js";

/** How long the daemon's runtime stays without anything to do. */
const UNNEEDED_MS = 10_000;
/** An exit that nobody asks for is forgotten in time (ended-shells.ts), which is no event: so often it is looked. */
const LOOK_EVERY_MS = 5 * 60_000;

// SIGUSR1 opens Node's debugger on a TCP port unless somebody handles it: before anything else.
process.on("SIGUSR1", () => undefined);

const USAGE = "usage: runtime serve --unix PATH | serve --listen HOST:PORT [--config FILE]";

async function main(args: string[]): Promise<void> {
  const { positionals, values } = readArguments(args);
  // For `agentd doctor`; no part of the usage.
  if (positionals.join(" ") === "check-pty") return checkPty();
  if (positionals.join(" ") !== "serve") throw new AgentdError("usage", USAGE);
  if (values.unix !== undefined && values.listen === undefined) return await serveUnix(values.unix);
  if (values.listen !== undefined && values.unix === undefined)
    return await serveTcp(values.listen, values.config);
  throw new AgentdError("usage", USAGE);
}

function readArguments(args: string[]) {
  try {
    return parseArgs({
      args,
      allowPositionals: true,
      options: { unix: { type: "string" }, listen: { type: "string" }, config: { type: "string" } },
    });
  } catch (cause) {
    throw new AgentdError("usage", USAGE, { cause });
  }
}

/** For one daemon: no quotas, no authorization but the socket's mode, and an end of its own when it is not needed. */
async function serveUnix(path: string): Promise<void> {
  reportCrashes(`${path}.crash`);
  // The daemon's terminal is nothing to this process.
  process.on("SIGHUP", () => undefined);
  const config: RuntimeConfig = {
    access: { kind: "none" },
    runtimes: undefined,
    tls: undefined,
    knobs: daemonKnobs,
  };
  let unneeded: NodeJS.Timeout | undefined;
  let stopping = false;
  const stop = async (): Promise<void> => {
    if (stopping) return;
    stopping = true;
    clearTimeout(unneeded);
    published?.remove();
    await runtime.stop();
    process.exit(0);
  };
  const watch = (): void => {
    clearTimeout(unneeded);
    if (stopping) return;
    unneeded = runtime.isNeeded
      ? setTimeout(watch, LOOK_EVERY_MS)
      : setTimeout(() => (runtime.isNeeded ? watch() : void stop()), UNNEEDED_MS);
  };
  const runtime = new LocalRuntime({ config, daemonApi: true, onStop: () => void stop(), onChange: watch });
  const published = await publishSocket(runtime.server, path);
  announce({ socket: path });
  // Another runtime serves this name already: whoever started this one is served by that one.
  if (published === undefined) process.exit(0);
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, () => void stop());
  watch();
}

/** For anybody with credentials, on the loopback interface. */
async function serveTcp(listen: string, configPath: string | undefined): Promise<void> {
  reportCrashes(undefined);
  const { host, port } = parseAddress(listen);
  if (configPath === undefined)
    throw new AgentdError(
      "usage",
      `say who may connect: --config FILE with "credentials", "bearerTokens" or "auth":"none"`,
    );
  const config = readRuntimeConfig(configPath);
  const runtime = new LocalRuntime({ config, daemonApi: false });
  const { server } = runtime;
  await new Promise<void>((resolve, reject) => {
    server.once("error", (cause: NodeJS.ErrnoException) =>
      reject(new AgentdError("unreachable", `cannot listen on ${listen} · ${cause.code}`, { cause })),
    );
    server.listen(port, host, resolve);
  });
  const address = server.address() as AddressInfo;
  const name = address.family === "IPv6" ? `[${address.address}]` : address.address;
  announce({ url: `${config.tls === undefined ? "http" : "https"}://${name}:${address.port}` });
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const)
    process.once(signal, () => void runtime.stop().then(() => process.exit(0)));
}

/** Only loopback: this server gives shells. */
function parseAddress(listen: string): { host: string; port: number } {
  const match = /^(127(?:\.\d{1,3}){3}|localhost|\[::1\]):(\d{1,5})$/.exec(listen);
  const port = Number(match?.[2]);
  if (match?.[1] === undefined || port > 65_535)
    throw new AgentdError("usage", "--listen takes a loopback address and a port, such as 127.0.0.1:8080");
  return { host: match[1].replace(/[[\]]/g, ""), port };
}

/** One line for whoever started us; stdout is never used again. */
function announce(line: object): void {
  try {
    writeSync(1, `${JSON.stringify(line)}\n`);
  } catch {
    // Nobody listens.
  }
}

/** A fault of ours is never silent: stderr, and a file where the daemon's runtime has no stderr. */
function reportCrashes(file: string | undefined): void {
  process.on("uncaughtException", (error: unknown) => {
    const text = `${new Date().toISOString()} ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`;
    try {
      if (file !== undefined) writeFileSync(file, text, { mode: 0o600, flag: "a" });
    } catch {
      // stderr is what is left.
    }
    console.error(text);
    process.exit(ExitStatus.Internal);
  });
}

main(process.argv.slice(2)).catch((cause: unknown) => {
  const error = AgentdError.from(cause);
  console.error(`agentd: ${error.message}`);
  if (error.code === "internal") console.error(error.cause);
  process.exit(error.exitStatus);
});
