// The process in which the daemon refuses to run, and the variables that it does not hand on.
import { describe, expect, it } from "vitest";
import { secureEnvironment } from "../../../daemon/environment.js";

describe("secureEnvironment", () => {
  it("removes what could load code, trace or debug", () => {
    const env = {
      HOME: "/home/me",
      AWS_PROFILE: "work",
      NODE_OPTIONS: "--inspect",
      NODE_V8_COVERAGE: "/tmp",
      NODE_REPL_HISTORY: "x",
      LD_PRELOAD: "/tmp/x.so",
      DYLD_INSERT_LIBRARIES: "/tmp/x.dylib",
      BASH_ENV: "/tmp/x",
      ENV: "/tmp/x",
      LISTEN_FDS: "1",
    };
    secureEnvironment(env, undefined);
    expect(env).toEqual({ HOME: "/home/me", AWS_PROFILE: "work" });
  });

  it("refuses unchecked certificates and a debugger", () => {
    expect(() => secureEnvironment({ NODE_TLS_REJECT_UNAUTHORIZED: "0" }, undefined)).toThrow(
      "turns off the check of certificates",
    );
    expect(() => secureEnvironment({}, "ws://127.0.0.1:9229/x")).toThrow("a debugger listens");
  });
});
