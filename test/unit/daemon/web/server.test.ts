// Links to shells that go while their link is being made.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import type { ServerLog } from "../../../../daemon/server/server-log.js";
import { systemDisk } from "../../../../daemon/shell/state/disk.js";
import { WebServer } from "../../../../daemon/web/server.js";
import { SHELL } from "../../../support/fake-daemon.js";
import { tempDirectory } from "../../../support/temp-directory.js";

const log: ServerLog = { debug() {}, info() {}, warn() {}, error() {}, child: () => log };

it("makes no link for a name whose shell has gone meanwhile", async () => {
  const directory = tempDirectory();
  writeFileSync(join(directory, "index.html"), "");
  let shells = [SHELL];
  const web = new WebServer({
    log,
    version: "0",
    home: { cwd: "/", env: {} },
    methods: () => ({}) as never,
    stateDirectory: directory,
    assetsDirectory: directory,
    disk: {
      ...systemDisk,
      writeNew: async (path, content) => {
        shells = [];
        await systemDisk.writeNew(path, content);
      },
    },
    shells: () => shells,
    subscribe: () => () => {},
    clock: { now: () => 0, monotonic: () => 0 },
  });
  await expect(web.link({ name: "work" })).rejects.toMatchObject({ code: "shell_not_found" });
  expect(web.list().links).toEqual([]);
  await web.stop();
});
