// What the filled-in form asks for: the same as the command line would.
import { expect, it } from "vitest";
import { newShellParams } from "../../../../client/tui/new-shell.js";

const PLACE = {
  env: {
    HOME: "/home/me",
    AWS_PROFILE: "work",
    AGENTD_BEARER_TOKEN: "header.payload.signature",
    EMPTY: undefined,
  },
  cwd: "/src",
  umask: 0o22,
  cols: 100,
  rows: 30,
};

it("asks for a cloud shell with the credentials that the environment names", () => {
  expect(newShellParams({ name: "a", target: "dev" }, PLACE)).toEqual({
    name: "a",
    target: {
      kind: "agentcore",
      runtimeArn: "dev",
      defaultProfile: "work",
      bearerToken: "header.payload.signature",
    },
    cols: 100,
    rows: 30,
  });
});

it("asks for a local shell in the directory that was written, with this environment", () => {
  const { target } = newShellParams({ name: "a", target: "local", directory: "~/x", command: "make" }, PLACE);
  expect(target).toEqual({
    kind: "local",
    cwd: "/home/me/x",
    umask: 0o22,
    env: {
      HOME: "/home/me",
      AWS_PROFILE: "work",
      AGENTD_BEARER_TOKEN: "header.payload.signature",
      AGENTD_SHELL: "a",
    },
    command: ["/bin/sh", "-c", "make"],
  });
});
