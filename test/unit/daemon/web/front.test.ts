// The HTTP side of the web terminal, where the listening itself has trouble.
import { createServer } from "node:http";
import { expect, it } from "vitest";
import type { ServerLog } from "../../../../daemon/server/server-log.js";
import { WebFront, type WebFrontOptions } from "../../../../daemon/web/front.js";

it("does not end the daemon when a connection cannot be taken", () => {
  const warnings: string[] = [];
  const log = { debug() {}, warn: (_: object, message: string) => warnings.push(message) };
  const server = createServer();
  new WebFront({
    assets: new Map(),
    keys: {} as WebFrontOptions["keys"],
    failures: {} as WebFrontOptions["failures"],
    log: log as unknown as ServerLog,
    onSocket: () => {},
    onChange: async () => {},
  }).attend(server, { kind: "tcp", port: 1024 });
  // So Node says that there is no descriptor for it; without a listener that ends the process.
  server.emit("error", Object.assign(new Error("accept EMFILE"), { code: "EMFILE" }));
  expect(warnings).toEqual(["web terminal could not take a connection"]);
});
