// The config file of the local runtime: every knob has its default, and what is wrong is named.
import { describe, expect, it } from "vitest";
import { defaultKnobs } from "../../../daemon/local/knobs.js";
import { parseRuntimeConfig } from "../../../daemon/local/runtime-config.js";

const secret = "do-not-repeat-me";

describe("parseRuntimeConfig", () => {
  it("has the service's published numbers as defaults", () => {
    expect(parseRuntimeConfig({ auth: "none" }).knobs).toMatchObject({
      replayBytes: 262_144,
      maxMessageBytes: 65_536,
      frameRateLimit: 250,
      connectionTtlMs: 3_600_000,
      shellLimit: 10,
      limitStatus: 424,
      sessionIdleMs: 900_000,
      sessionLifetimeMs: 28_800_000,
      confirmation: "before-replay",
    });
  });

  it("takes knobs over a profile", () => {
    const { knobs } = parseRuntimeConfig({
      auth: "none",
      profile: "harness",
      limitStatus: 402,
      frameRateLimit: null,
    });
    expect(knobs).toEqual({
      ...defaultKnobs,
      countDetached: false,
      evictDetached: true,
      badShellIdStatus: 400,
      shellIdPattern: "strict",
      limitStatus: 402,
      frameRateLimit: null,
    });
  });

  it.each([
    [{}, "nobody could connect"],
    [{ auth: "yes" }, "'auth'"],
    [{ auth: "none", credentials: [] }, "no meaning"],
    [{ credentials: [{ accessKeyId: "a" }] }, "'credentials[0].secretAccessKey'"],
    [{ credentials: [{ accessKeyId: "a", secretAccessKey: [secret] }] }, "'credentials[0].secretAccessKey'"],
    [{ bearerTokens: [""] }, "'bearerTokens[0]'"],
    [{ auth: "none", runtimes: ["arn:aws:s3:::x"] }, "'runtimes[0]'"],
    [{ auth: "none", profile: "toString" }, "unknown profile"],
    [{ auth: "none", replayByte: 1 }, "unknown setting 'replayByte' · did you mean 'replayBytes'?"],
    [{ auth: "none", replayBytes: 0 }, "'replayBytes' must be a whole number, 1 or more, not 0"],
    [{ auth: "none", confirmation: secret }, "'confirmation' must be one of before-replay"],
    [{ auth: "none", idleResetBy: ["pings", "luck"] }, "'idleResetBy[1]'"],
    [{ auth: "none", env: { A: 1 } }, "'env.A' must be a text"],
    [{ auth: "none", tls: { certFile: "/nowhere", keyFile: "/nowhere" } }, "'tls.certFile' cannot be read"],
    [[], "'config' must be an object"],
  ])("refuses %j and names what is wrong, never a secret", (config, message) => {
    expect(() => parseRuntimeConfig(config)).toThrow(
      expect.objectContaining({ code: "bad_config", message: expect.stringContaining(message) }),
    );
    expect(() => parseRuntimeConfig(config)).not.toThrow(secret);
  });
});
