// Every method's params: what passes, what does not, and that hostile JSON stays inert.

import { describe, expect, it } from "vitest";
import { paramChecks } from "../../../../daemon/server/params.js";
import { AgentdError } from "../../../../shared/errors.js";
import type { MethodName } from "../../../../shared/rpc.js";
import { fc } from "../../../support/property.js";

const local = { kind: "local", cwd: "/", env: { PATH: "/bin" } };
const check = (method: MethodName, params: unknown) => paramChecks[method](params, "");

describe("params", () => {
  it.each<[MethodName, object]>([
    ["hello", { protocol: 1, client: "agentd 0.1.0" }],
    ["shell.new", { name: "a", target: local }],
    [
      "shell.new",
      {
        name: "a",
        target: { ...local, command: ["bash", ""] },
        cols: 1,
        rows: 1000,
        labels: { "a/b": "" },
        reuse: true,
      },
    ],
    ["shell.new", { name: "a", target: { kind: "agentcore", runtimeArn: "dev" } }],
    ["shell.new", { name: "a", target: local, escapes: "raw", clipboard: "allow" }],
    ["shell.new", { name: "a", target: local, escapes: "safe", clipboard: "deny" }],
    [
      "shell.attach",
      { name: "a", cols: 80, rows: 24, resume: { epoch: "00000000-0000-4000-8000-000000000000", offset: 0 } },
    ],
    ["shell.kill", { name: "a", force: true }],
    ["shell.send", { name: "a", data: "" }],
    ["shell.send", { name: "a", data: "aGk=" }],
    ["shell.capture", { name: "a", start: -1000, ansi: false }],
    ["shell.label", { name: "a", labels: { team: "x", old: null } }],
    ["shell.detach", {}],
    ["daemon.stop", { localShells: true }],
  ])("%s accepts %j as it is", (method, params) => {
    expect(check(method, params)).toEqual(params);
  });

  it.each<[MethodName, object, string, string]>([
    ["hello", {}, "invalid_params", "protocol is missing"],
    ["hello", { protocol: "1", client: "x" }, "invalid_params", "protocol must be an integer"],
    ["shell.new", { target: local }, "invalid_params", "name is missing"],
    ["shell.new", { name: "a", target: local, escapes: "RAW" }, "invalid_params", "escapes must be"],
    ["shell.new", { name: "a", target: local, escapes: true }, "invalid_params", "escapes must be"],
    ["shell.new", { name: "a", target: local, clipboard: "raw" }, "invalid_params", "clipboard must be"],
    ["shell.attach", { name: "a", cols: 80, rows: 24, escapes: "raw" }, "invalid_params", "escapes"],
    ["shell.label", { name: "a" }, "invalid_params", "labels is missing"],
    ["shell.label", { name: "a", labels: { "a b": "x" } }, "invalid_params", "is not a possible key"],
    ["shell.label", { name: "a", labels: { a: 1 } }, "invalid_params", "labels.a must be a string"],
    ["shell.new", { name: "../x", target: local }, "bad_name", "bad name '../x'"],
    [
      "shell.new",
      { name: "a", target: { ...local, kind: "docker" } },
      "invalid_params",
      "target.kind must be one of local, agentcore",
    ],
    [
      "shell.new",
      { name: "a", target: { ...local, kind: "constructor" } },
      "invalid_params",
      "target.kind must be one of",
    ],
    [
      "shell.new",
      { name: "a", target: { ...local, cwd: "x" } },
      "invalid_params",
      "target.cwd must be an absolute path",
    ],
    [
      "shell.new",
      { name: "a", target: { ...local, cwd: "/a\0b" } },
      "invalid_params",
      "target.cwd must not contain NUL",
    ],
    [
      "shell.new",
      { name: "a", target: { ...local, command: [] } },
      "invalid_params",
      "target.command must have 1 to",
    ],
    [
      "shell.new",
      { name: "a", target: { ...local, command: ["a", 5] } },
      "invalid_params",
      "target.command[1] must be a string",
    ],
    [
      "shell.new",
      { name: "a", target: { ...local, env: { "A=B": "x" } } },
      "invalid_params",
      "target.env.A=B is not a possible key",
    ],
    [
      "shell.new",
      { name: "a", target: { ...local, env: [] } },
      "invalid_params",
      "target.env must be an object",
    ],
    [
      "shell.new",
      { name: "a", target: local, cols: 0 },
      "invalid_params",
      "cols must be an integer from 1 to 1000",
    ],
    ["shell.new", { name: "a", target: local, colz: 80 }, "invalid_params", "colz is not known here"],
    [
      "shell.new",
      { name: "a", target: { kind: "agentcore", runtimeArn: "x", shellId: "a/b" } },
      "invalid_params",
      "target.shellId must",
    ],
    [
      "shell.new",
      { name: "a", target: { kind: "agentcore", runtimeArn: "x", endpointUrl: "file:///x" } },
      "invalid_params",
      "target.endpointUrl must",
    ],
    [
      "shell.attach",
      { name: "a", cols: 80, rows: 24, readonly: true },
      "invalid_params",
      "readonly is not known here",
    ],
    ["shell.attach", { name: "a", cols: 80, rows: 1001 }, "invalid_params", "rows must be an integer"],
    [
      "shell.attach",
      { name: "a", cols: 80, rows: 24, resume: { epoch: "x", offset: 0 } },
      "invalid_params",
      "resume.epoch must be a uuid",
    ],
    ["shell.kill", { name: "a", force: null }, "invalid_params", "force must be true or false"],
    ["shell.send", { name: "a", data: "a$==" }, "invalid_params", "data must be base64"],
    ["shell.send", { name: "a", data: "abc" }, "invalid_params", "data must be base64"],
    ["daemon.stop", { localShell: true }, "invalid_params", "localShell is not known here"],
  ])("%s refuses %j as %s: %s", (method, params, code, message) => {
    expect(() => check(method, params)).toThrowError(
      expect.objectContaining({ code, message: expect.stringContaining(message) }),
    );
  });

  it("ignores unknown keys where nothing is changed, so that newer clients can ask", () => {
    expect(check("hello", { protocol: 1, client: "x", features: [] })).toEqual({ protocol: 1, client: "x" });
  });

  it("reads own properties only", () => {
    const inherited = JSON.parse('{"__proto__":{"name":"a"}}') as object;
    expect(() => check("shell.info", inherited)).toThrow("name is missing");
    expect(() => check("shell.kill", inherited)).toThrow("__proto__ is not known here");
    const env = JSON.parse('{"__proto__":"x"}') as object;
    expect(() => check("shell.new", { name: "a", target: { ...local, env } })).toThrow();
    expect(({} as { name?: string }).name).toBeUndefined();
  });

  it("throws nothing but AgentdError, for any value", () => {
    const names = Object.keys(paramChecks) as MethodName[];
    fc.assert(
      fc.property(fc.constantFrom(...names), fc.anything({ withNullPrototype: true }), (method, params) => {
        try {
          check(method, params);
        } catch (error) {
          expect(error).toBeInstanceOf(AgentdError);
        }
      }),
    );
  });
});
