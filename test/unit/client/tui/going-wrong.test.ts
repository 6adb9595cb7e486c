// What goes wrong around the TUI is said in it, and leaves neither a blank terminal nor the end of the program.
import { chmodSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { attachChild } from "../../../../client/tui/attach-child.js";
import { DaemonFeed } from "../../../../client/tui/daemon-feed.js";
import { FakeDaemon, SHELL } from "../../../support/fake-daemon.js";
import { tempDirectory } from "../../../support/temp-directory.js";
import { until } from "../../../support/until.js";

it("says that agentd was removed meanwhile, instead of attaching", async () => {
  // Beside the sources there are no programs.
  const { child, ended } = attachChild({}, "work", false);
  expect(child).toBeUndefined();
  expect(await ended).toMatchObject({
    status: 255,
    line: expect.stringMatching(/agentd\.cjs is missing · this installation of agentd is incomplete/),
  });
});

it("says that the way to the daemon is not safe any more, when the daemon dies", async () => {
  const directory = join(tempDirectory(), "run");
  mkdirSync(directory, { mode: 0o700 });
  const daemon = new FakeDaemon(join(directory, "agentd.sock"), {
    "events.subscribe": (call, peer) => peer.answer(call, { shells: [SHELL] }),
  });
  await daemon.listen();
  onTestFinished(() => daemon.stop());
  const links: string[] = [];
  const feed = new DaemonFeed(
    { AGENTD_RUNTIME_DIR: directory },
    {
      onLink: (link, error) => links.push(`${link} ${error?.code ?? ""}`.trim()),
      onHello: () => {},
      onList: () => {},
      onEvent: () => {},
      onScreen: () => {},
    },
  );
  onTestFinished(() => feed.close());
  feed.connect();
  await until("it is connected", () => links.includes("live"));
  chmodSync(directory, 0o777);
  daemon.peers[0]?.socket.destroy();
  await until("it is said", () => links.includes("lost unsafe_directory"));
});
