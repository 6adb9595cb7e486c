// One command on an AgentCore runtime, seen from here: its output to our streams, its exit code as ours.
import { Channel } from "../shared/channel.js";
import type { ExecEnd } from "../shared/cloud-rpc.js";
import { AgentdError, ExitStatus, isErrorCode } from "../shared/errors.js";
import { quoteWords } from "../shared/shell-quote.js";
import { chosenRuntime, cloudTarget, warnOfToken } from "./cli/cloud-target.js";
import type { CommandLine } from "./cli/command-line.js";
import type { Context } from "./cli/context.js";
import { durationFrom } from "./cli/duration-flag.js";
import type { PacketStream } from "./daemon/daemon-connection.js";
import { errorLine, jsonText } from "./text/format.js";

const INTERRUPTED = 130;
/** Our bound on what one JSON object holds. */
const MAX_COLLECTED_BYTES = 32 * 1024 * 1024;
/** From the protocol. */
const MAX_TIMEOUT_MS = 3_600_000;

/** Resolves with the command's exit code, 124 for its timeout, 130 for Ctrl-C. @throws AgentdError why it did not run. */
export async function runCommand(line: CommandLine, context: Context): Promise<number> {
  const command = commandOf(line);
  const timeoutSeconds = timeoutOf(line);
  warnOfToken(line, context);
  const connection = await context.connect();
  const runtime = chosenRuntime(line, connection.hello.client.defaultTarget);
  if (runtime === undefined)
    throw new AgentdError("usage", 'exec needs --runtime ARN · agentd exec --runtime ARN "command"');
  const json = line.has("json");
  const stream = await connection.exec({
    target: cloudTarget(line, context, runtime),
    command,
    ...(timeoutSeconds === undefined ? {} : { timeoutSeconds }),
    ...(process.stdout.isTTY && !json ? { safeStdout: true } : {}),
    ...(process.stderr.isTTY && !json ? { safeStderr: true } : {}),
  });
  const { runtimeSessionId } = stream.result;
  if (!line.has("session-id") && !json)
    context.say(`runtime session ${runtimeSessionId} · new · --session-id uses it again`);
  const output = json ? new Collected() : new PassedOn(stream);
  const end = await endOf(stream, output);
  if (end === "interrupted") {
    context.complain(`interrupted · the command may still run in runtime session ${runtimeSessionId}`);
    return INTERRUPTED;
  }
  if ("error" in end) {
    const { code, message } = end.error;
    throw new AgentdError(isErrorCode(code) ? code : "internal", message);
  }
  if (output instanceof Collected)
    context.print(jsonText({ v: 1, ...end, ...output.texts, runtimeSessionId }));
  return statusOf(end, timeoutSeconds, json ? () => {} : (text) => context.complain(text));
}

function statusOf(
  { exitCode, status }: Extract<ExecEnd, { exitCode: number }>,
  timeoutSeconds: number | undefined,
  complain: (text: string) => void,
): number {
  if (status === "TIMED_OUT") {
    complain(`the command was ended after ${timeoutSeconds ?? 300}s · --timeout gives it longer, at most 1h`);
    return ExitStatus.Timeout;
  }
  if (exitCode >= 0 && exitCode <= 255) return exitCode;
  // The protocol's word for a failure that is not the command's.
  const failure = new AgentdError(
    "upstream_failed",
    `the runtime failed, the command has no exit code (${exitCode})`,
  );
  complain(errorLine(failure));
  return failure.exitStatus;
}

/** A stream that ends without a last word was cut off: unknown is never 0. @throws AgentdError what `output` throws. */
function endOf(
  stream: PacketStream<unknown>,
  output: { write(channel: number, bytes: Uint8Array): void },
): Promise<ExecEnd | "interrupted"> {
  return new Promise((resolve, reject) => {
    const interrupt = () => {
      stream.destroy();
      resolve("interrupted");
    };
    process.once("SIGINT", interrupt);
    stream.start({
      onFrame: (frame) => {
        const payload = frame.subarray(1);
        try {
          if (frame[0] === Channel.Status) resolve(JSON.parse(Buffer.from(payload).toString()) as ExecEnd);
          else output.write(frame[0] ?? 0, payload);
        } catch (error) {
          stream.destroy();
          reject(error);
        }
      },
      onEnd: () => {
        process.off("SIGINT", interrupt);
        const message = "agentd closed the connection · the command's end is not known";
        resolve({ error: { code: "daemon_unavailable", message } });
      },
      onDrain: () => {},
    });
  });
}

/** To our own streams; whoever reads them slowly holds the command, not our memory. */
class PassedOn {
  readonly #stream: PacketStream<unknown>;
  readonly #full = new Set<NodeJS.WriteStream>();

  constructor(stream: PacketStream<unknown>) {
    this.#stream = stream;
  }

  write(channel: number, bytes: Uint8Array): void {
    const sink = channel === Channel.Stderr ? process.stderr : process.stdout;
    // The bytes are a view into the read buffer.
    if (sink.write(bytes.slice()) || this.#full.has(sink)) return;
    this.#full.add(sink);
    this.#stream.pause();
    sink.once("drain", () => {
      this.#full.delete(sink);
      if (this.#full.size === 0) this.#stream.resume();
    });
  }
}

/** For the one JSON object at the end. */
class Collected {
  readonly #chunks: Record<"stdout" | "stderr", Uint8Array[]> = { stdout: [], stderr: [] };
  #bytes = 0;

  /** @throws AgentdError `too_large`. */
  write(channel: number, bytes: Uint8Array): void {
    this.#bytes += bytes.length;
    if (this.#bytes > MAX_COLLECTED_BYTES) {
      const size = `${MAX_COLLECTED_BYTES / 1024 / 1024} MiB`;
      throw new AgentdError(
        "too_large",
        `the command has printed over ${size} and was given up · leave out --json`,
      );
    }
    this.#chunks[channel === Channel.Stderr ? "stderr" : "stdout"].push(bytes.slice());
  }

  get texts(): { readonly stdout: string; readonly stderr: string } {
    const text = (chunks: readonly Uint8Array[]) => Buffer.concat(chunks).toString();
    return { stdout: text(this.#chunks.stdout), stderr: text(this.#chunks.stderr) };
  }
}

/** Words are joined as ssh joins them; after `--` they are arguments, and stay what they are. */
function commandOf({ words, rest }: CommandLine): string {
  if (rest !== undefined && words.length > 0)
    throw new AgentdError("usage", "write the command before or after --, not both");
  const command = rest === undefined ? words.join(" ") : quoteWords(rest);
  if (command === "")
    throw new AgentdError(
      "usage",
      'exec needs a command · agentd exec --runtime ARN "command", or --it for a shell',
    );
  return command;
}

function timeoutOf(line: CommandLine): number | undefined {
  const ms = durationFrom(line, "timeout");
  if (ms === undefined) return undefined;
  if (ms < 1_000 || ms > MAX_TIMEOUT_MS) throw new AgentdError("usage", "--timeout is from 1s to 1h");
  return Math.ceil(ms / 1000);
}
