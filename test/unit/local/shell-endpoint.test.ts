// An upgrade whose session ends while its shell takes its time.
import type { IncomingMessage } from "node:http";
import { PassThrough } from "node:stream";
import { expect, it, onTestFinished } from "vitest";
import { defaultKnobs } from "../../../daemon/local/knobs.js";
import { RuntimeSessions } from "../../../daemon/local/runtime-sessions.js";
import { ShellEndpoint } from "../../../daemon/local/shell-endpoint.js";
import type { Shells } from "../../../daemon/local/shells.js";

it.each(["", "shellId=work"])(
  "starts no shell in a session that has ended meanwhile: '%s'",
  async (query) => {
    const knobs = { ...defaultKnobs, coldStartMs: 30, sessionLifetimeMs: 5 };
    const sessions = new RuntimeSessions(knobs);
    onTestFinished(() => sessions.endAll());
    const opened: unknown[] = [];
    const shells = {
      hasEnded: () => false,
      open: (request: unknown) => {
        opened.push(request);
        throw new Error("not here");
      },
    } as unknown as Shells;
    const headers = {
      upgrade: "websocket",
      "sec-websocket-key": `${"a".repeat(22)}==`,
      "sec-websocket-version": "13",
    };
    const request = { method: "GET", headers } as unknown as IncomingMessage;
    const route = {
      operation: "shell",
      arn: "arn",
      rawPath: "/",
      query: new URLSearchParams(query),
    } as const;
    const upgrade = new ShellEndpoint(knobs, sessions, shells).upgrade(
      request,
      new PassThrough(),
      Buffer.alloc(0),
      route,
    );
    await expect(upgrade).rejects.toMatchObject({ status: 409 });
    expect(opened).toEqual([]);
  },
);
