// The places of the web terminal: those that are waited for, at the daemon's end and when somebody names another one.
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import { expect, it, onTestFinished, vi } from "vitest";
import type { ServerLog } from "../../../../daemon/server/server-log.js";
import type { WebPlace } from "../../../../daemon/web/place.js";
import { WebPlaces } from "../../../../daemon/web/places.js";
import { tempDirectory } from "../../../support/temp-directory.js";

const log: ServerLog = { debug() {}, info() {}, warn() {}, error() {}, child: () => log };

it("still wants a place that was waited for when it is closed, and tries it no more", async () => {
  const path = join(tempDirectory(), "web");
  const other = createServer().listen(path);
  await vi.waitUntil(() => other.listening);
  onTestFinished(() => void other.close());
  const places = new WebPlaces({ attend: () => {}, log });
  const place: WebPlace = { kind: "unix", path, as: "localhost:8080" };
  vi.useFakeTimers({ toFake: ["setTimeout"] });
  onTestFinished(() => void vi.useRealTimers());
  await places.retake(place);
  expect(places.wanted).toEqual([place]);
  places.close();
  // A save that comes now is what the next daemon reads.
  expect(places.wanted).toEqual([place]);
  const retaken = vi.spyOn(places, "retake");
  await vi.advanceTimersByTimeAsync(60_000);
  expect(retaken).not.toHaveBeenCalled();
  expect(places.wanted).toEqual([place]);
});

it("listens at one port, also when the one that was waited for comes while another is taken", async () => {
  const probes = [0, 0].map(() => createServer().listen(0, "127.0.0.1"));
  await vi.waitUntil(() => probes.every((probe) => probe.listening));
  const [old = 0, other = 0] = probes.map((probe) => (probe.address() as AddressInfo).port);
  await Promise.all(probes.map((probe) => new Promise((resolve) => probe.close(resolve))));
  const places = new WebPlaces({ attend: () => {}, log });
  onTestFinished(() => places.close());
  const retaken = places.retake({ kind: "tcp", port: old });
  await expect(places.take({ port: other })).rejects.toThrow("listens on port");
  await retaken;
  expect(places.open).toEqual([{ kind: "tcp", port: old }]);
});
