// The shape of every method's params, checked before a handler sees them.
import { isAbsolute } from "node:path";
import { LOG_LEVELS } from "../../shared/daemon-care.js";
import { isLabelKey, isRuntimeSessionId, isShellId, MAX_LABEL_VALUE } from "../../shared/names.js";
import type { MethodName, Params, TargetRequest } from "../../shared/rpc.js";
import { isSizePolicy, SIZE_POLICIES, type SizePolicy } from "../../shared/size.js";
import { MAX_LABELS } from "../shell/labels.js";
import { isForwardedHost } from "./forwarded-host.js";
import {
  boolean,
  type Check,
  integer,
  list,
  literal,
  map,
  matching,
  object,
  oneOf,
  optional,
  orNull,
  shellName,
  text,
  word,
  wrong,
} from "./schema.js";

/** From the protocol: each side of a size. */
const side = integer(1, 1000);
const sizePolicy: Check<SizePolicy> = (value, path) => {
  if (!isSizePolicy(value)) throw wrong(path, `must be one of ${SIZE_POLICIES.join(", ")}`);
  return value;
};
const labelValue = text(MAX_LABEL_VALUE, 0);
/** POSIX: anything but `=` and NUL; `__proto__` would be no variable but a trap for whoever copies the object. */
const isVariable = (key: string) => /^[^=\0]{1,256}$/.test(key) && key !== "__proto__";

/** Of a capture: 0 is the top of the screen. */
const line = integer(-10_000_000, 10_000_000);
const uuid = matching((value) => /^[0-9a-f-]{36}$/i.test(value), "must be a uuid");
const path = matching(isAbsolute, "must be an absolute path");
const offset = integer(0, Number.MAX_SAFE_INTEGER);
/** Bounded by the line that carries it, so it needs no limit of its own. */
const base64 = text(256 * 1024, 0);
const base64Data: Check<string> = (value, here) => {
  const data = base64(value, here);
  if (data.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(data)) throw wrong(here, "must be base64");
  return data;
};

const agentcore = object({
  kind: literal("agentcore"),
  runtimeArn: text(2048),
  region: optional(matching((value) => /^[a-z0-9-]{1,40}$/.test(value), "must be the name of a region")),
  profile: optional(text(256)),
  qualifier: optional(text(256)),
  endpointUrl: optional(
    matching((value) => /^https?:\/\/[^\s/]+/.test(value), "must be an http or https address"),
  ),
  bearerTokenFile: optional(path),
  bearerToken: optional(text(16 * 1024)),
  defaultProfile: optional(text(256)),
  runtimeSessionId: optional(matching(isRuntimeSessionId, "must have 33 to 256 of A-Z a-z 0-9 . _ -")),
  shellId: optional(matching(isShellId, "must have 1 to 128 of A-Z a-z 0-9 _ -")),
  startCommand: optional(text(64 * 1024)),
  idleStopMs: optional(integer(0, 7 * 24 * 3_600_000)),
});

const target: Check<TargetRequest> = oneOf<TargetRequest>({
  local: object({
    kind: literal("local"),
    command: optional(list(text(128 * 1024, 0), 4096, 1)),
    cwd: path,
    env: map(isVariable, text(128 * 1024, 0), 4096),
    umask: optional(integer(0, 0o777)),
  }),
  agentcore,
});

/** Ports below 1024 are not a user's to take. */
const webPlace = {
  port: optional(integer(1024, 65_535)),
  socket: optional(path),
  as: optional(matching(isForwardedHost, "must be localhost, 127.0.0.1 or [::1] with a port")),
};

/** Method → check. Methods that change something refuse keys that they do not know. */
export const paramChecks: { readonly [M in MethodName]: Check<Params<M>> } = {
  hello: object({ protocol: integer(0, 1_000_000), client: text(200, 0) }, "ignore"),
  "shell.new": object({
    name: shellName,
    target,
    cols: optional(side),
    rows: optional(side),
    sizePolicy: optional(sizePolicy),
    labels: optional(map(isLabelKey, labelValue, MAX_LABELS)),
    reuse: optional(boolean),
    escapes: optional(word("safe", "raw")),
    clipboard: optional(word("deny", "allow")),
  }),
  "shell.attach": object({
    name: shellName,
    cols: side,
    rows: side,
    readOnly: optional(boolean),
    ignoreSize: optional(boolean),
    take: optional(boolean),
    detachOthers: optional(boolean),
    terminal: optional(boolean),
    tty: optional(text(256)),
    pid: optional(integer(1, 2 ** 31 - 1)),
    resume: optional(object({ epoch: uuid, offset })),
    typedAgo: optional(offset),
  }),
  "shell.list": object({}, "ignore"),
  "shell.info": object({ name: shellName }, "ignore"),
  "shell.kill": object({ name: shellName, force: optional(boolean) }),
  "shell.rename": object({ name: shellName, to: shellName }),
  "shell.label": object({ name: shellName, labels: map(isLabelKey, orNull(labelValue), MAX_LABELS * 2) }),
  "shell.detach": object({ name: optional(shellName) }),
  "shell.resize": object({
    name: shellName,
    cols: optional(side),
    rows: optional(side),
    sizePolicy: optional(sizePolicy),
  }),
  "shell.send": object({ name: shellName, data: base64Data }),
  "shell.run": object({
    name: shellName,
    command: text(200 * 1024, 0),
    timeoutMs: optional(integer(1, 2 ** 31 - 1)),
    interrupt: optional(boolean),
    forTerminal: optional(boolean),
    force: optional(boolean),
  }),
  "shell.capture": object(
    {
      name: shellName,
      start: optional(line),
      end: optional(line),
      join: optional(boolean),
      ansi: optional(boolean),
      format: optional(word("text", "ansi", "html", "json")),
    },
    "ignore",
  ),
  "shell.watch": object({ name: shellName, rows: optional(side) }, "ignore"),
  "shell.unwatch": object({}, "ignore"),
  "exec.run": object({
    target: agentcore,
    command: text(65_536),
    timeoutSeconds: optional(integer(1, 3600)),
    safeStdout: optional(boolean),
    safeStderr: optional(boolean),
  }),
  "session.stop": (value, here) => {
    const { name, target: asked } = object({ name: optional(shellName), target: optional(agentcore) })(
      value,
      here,
    );
    if (name !== undefined && asked === undefined) return { name };
    if (name === undefined && asked !== undefined) return { target: asked };
    throw wrong(here, "needs a name or a target");
  },
  "shell.token": object({ name: shellName, bearerToken: text(16 * 1024) }),
  "daemon.status": object({}, "ignore"),
  "daemon.reload": object({}, "ignore"),
  "daemon.logLevel": object({ level: word(...LOG_LEVELS) }),
  "daemon.check": object({ target: optional(text(2048)), name: optional(shellName) }),
  "daemon.stop": object({ localShells: optional(boolean), restart: optional(boolean) }),
  "web.start": object(webPlace),
  "web.link": object({
    ...webPlace,
    name: optional(shellName),
    readOnly: optional(boolean),
    expiresInMs: optional(integer(1000, 366 * 24 * 3_600_000)),
  }),
  "web.stop": object({}, "ignore"),
  "web.ls": object({}, "ignore"),
  "web.revoke": object({ id: optional(text(64)), all: optional(boolean) }),
  "events.subscribe": object({}, "ignore"),
};
