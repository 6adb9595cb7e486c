// The whole examination: everything on this machine at once, then AgentCore through the daemon, which has the credentials.

import type { ConfigProblem, Finding } from "../../shared/daemon-care.js";
import { AgentdError, ExitStatus } from "../../shared/errors.js";
import { quoteWord } from "../../shared/shell-quote.js";
import type { Context } from "../cli/context.js";
import { readConfigFile } from "../config-file.js";
import { withSuggestion } from "../shell-names.js";
import { problemLines } from "../text/problem-lines.js";
import { type DaemonState, examineDaemon, examineRuntime, savedShells } from "./examine-daemon.js";
import { examineRuntimeDirectory, examineStateDirectory } from "./examine-directories.js";
import {
  examineLoginShell,
  examineNode,
  examineOpenFiles,
  examinePty,
  examineService,
} from "./examine-system.js";
import { examineTerminal } from "./examine-terminal.js";
import { fault, faultOf, inOrder, type Patient, warning } from "./findings.js";

/** The daemon asks every target at once, and gives up on each after a few seconds. */
const CLOUD_LIMIT_MS = 12_000;

export interface Question {
  readonly name?: string;
  readonly target?: string;
}

export interface Diagnosis {
  readonly findings: readonly Finding[];
  /** What is worth knowing and no fault. */
  readonly notes: readonly string[];
}

/** @throws AgentdError `shell_not_found`, `bad_arn` for a question about what is not there. */
export async function examine(question: Question, context: Context, home: string): Promise<Diagnosis> {
  const patient: Patient = { env: context.env, home };
  const runtime = examineRuntimeDirectory(patient);
  const { directory } = runtime;
  const none: DaemonState = { findings: [] };
  const [daemon, localRuntime, config, pty, service] = await Promise.all([
    directory === undefined ? none : examineDaemon(patient, directory),
    directory === undefined ? [] : examineRuntime(directory),
    examineConfig(patient),
    examinePty(),
    examineService(patient, savedShells(patient) > 0),
  ]);
  const cloud = await examineCloud(question, daemon, config, context);
  const findings = [
    ...examineNode(process.versions.node),
    ...runtime.findings,
    ...examineStateDirectory(patient),
    ...config.filter((finding) => !isSaidOf(finding, cloud)),
    ...daemon.findings,
    ...localRuntime,
    ...pty,
    ...examineLoginShell(patient),
    ...examineOpenFiles(daemon.status?.pid),
    ...examineTerminal(patient, context.stdout.isTTY === true),
    ...service,
    ...cloud.findings,
  ];
  return { findings: inOrder(findings), notes: cloud.notes };
}

/** The daemon, when it was asked, says the same of a target that cannot work. */
function isSaidOf({ id, what }: Finding, { findings }: Diagnosis): boolean {
  if (id !== "config-target") return false;
  return findings.some((finding) =>
    what.includes(finding.what.replace(/^target '(.*?)': /, "'targets.$1' cannot work: ")),
  );
}

async function examineConfig({ env }: Patient): Promise<Finding[]> {
  try {
    const { path, problems, warnings } = await readConfigFile(env);
    const edit = ({ line }: ConfigProblem) => `\${EDITOR:-vi} +${line ?? 1} ${quoteWord(path)}`;
    const text = (problem: ConfigProblem) => problemLines(path, [problem])[0] ?? path;
    return [
      ...problems.map((problem) => fault("config-broken", ExitStatus.Config, text(problem), edit(problem))),
      ...warnings.map((problem) => warning("config-target", text(problem), edit(problem))),
    ];
  } catch (thrown) {
    return [faultOf("config-path", thrown)];
  }
}

async function examineCloud(
  question: Question,
  { connection, status }: DaemonState,
  config: readonly Finding[],
  context: Context,
): Promise<Diagnosis> {
  const asked = question.name !== undefined || question.target !== undefined;
  // Only who asks for a target gets a daemon started for it; and none starts with a broken config.
  const isBroken = config.some(({ severity }) => severity === "error");
  if (connection === undefined && (!asked || status !== undefined || isBroken)) {
    const notes = asked ? ["AgentCore was not looked at: mend the daemon first"] : [];
    return { findings: [], notes };
  }
  const reached = connection ?? (await context.connect().catch(() => undefined));
  if (reached === undefined)
    return { findings: [], notes: ["AgentCore was not looked at: no daemon starts"] };
  try {
    const check = () => reached.call("daemon.check", question, CLOUD_LIMIT_MS);
    return question.name === undefined ? await check() : await withSuggestion(reached, question.name, check);
  } catch (thrown) {
    const error = AgentdError.from(thrown);
    if (error.code === "shell_not_found") throw error;
    // An older daemon: that it is one is among the findings.
    if (error.code === "method_not_found")
      return { findings: [], notes: ["AgentCore was not looked at: this daemon cannot"] };
    return { findings: [faultOf("cloud-check", error)], notes: [] };
  } finally {
    reached.close();
  }
}
