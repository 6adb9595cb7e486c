// One owner per directory: over live, dead, recycled and zombie processes, and over starters that were killed half-way.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { lstatSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Readable, Writable } from "node:stream";
import { describe, expect, it } from "vitest";
import { InstanceLock } from "../../../../daemon/server/instance-lock.js";
import { identifyProcess, isRunning } from "../../../../daemon/server/process-identity.js";
import { tempDirectory } from "../../../support/temp-directory.js";
import { until } from "../../../support/until.js";

const held = (directory: string): InstanceLock => {
  const result = InstanceLock.acquire(directory);
  if (result.kind !== "held") throw new Error(`taken by ${result.pid}`);
  return result.lock;
};
const names = (directory: string) => readdirSync(directory).sort();
const putLock = (directory: string, generation: number, owner: unknown) =>
  writeFileSync(join(directory, `lock.${String(generation).padStart(12, "0")}`), JSON.stringify(owner));

describe("InstanceLock", () => {
  it("is taken once, by a complete private file that names this process", () => {
    const directory = tempDirectory();
    held(directory);
    expect(InstanceLock.acquire(directory)).toEqual({ kind: "taken", pid: process.pid });
    expect(names(directory)).toEqual(["lock.000000000001"]);
    const path = join(directory, "lock.000000000001");
    expect(JSON.parse(readFileSync(path, "utf8"))).toEqual(identifyProcess(process.pid));
    expect(lstatSync(path).mode & 0o777).toBe(0o600);
  });

  it("can be taken again after its release, with the next number", () => {
    const directory = tempDirectory();
    held(directory).release();
    expect(lstatSync(join(directory, "lock.000000000001")).size).toBe(0);
    held(directory);
    expect(names(directory)).toEqual(["lock.000000000002"]);
  });

  it.each([
    ["has another start time", { started: "1" }],
    ["belongs to another boot", { boot: "00000000-0000-0000-0000-000000000000" }],
    ["does not exist", { pid: 2 ** 22 + 1 }],
  ])("is taken over from a process that %s", (_, change) => {
    const directory = tempDirectory();
    putLock(directory, 41, { ...identifyProcess(process.pid), ...change });
    held(directory);
    expect(names(directory)).toEqual(["lock.000000000042"]);
  });

  it.each(["", "{", "null", "[]", '{"pid":"1"}'])("is taken over from a file that holds %j", (text) => {
    const directory = tempDirectory();
    writeFileSync(join(directory, "lock.000000000007"), text);
    held(directory);
    expect(names(directory)).toEqual(["lock.000000000008"]);
  });

  it("looks at the highest generation only", () => {
    const directory = tempDirectory();
    putLock(directory, 3, identifyProcess(process.pid));
    putLock(directory, 4, { pid: 2 ** 22 + 1, started: "1", boot: "" });
    held(directory);
    expect(names(directory)).toEqual(["lock.000000000005"]);
  });

  it("tidies away what a killed starter left, and leaves what a running one is about to link", () => {
    const directory = tempDirectory();
    writeFileSync(join(directory, `lock.new.${2 ** 22 + 1}.0a`), "");
    writeFileSync(join(directory, `lock.new.${process.ppid}.0b`), "");
    held(directory);
    expect(names(directory)).toEqual(["lock.000000000001", `lock.new.${process.ppid}.0b`]);
  });
});

describe("identifyProcess", () => {
  it("tells a running process from one that has ended", async () => {
    const child = spawn("sleep", ["1000"], { stdio: "ignore" });
    const identity = identifyProcess(child.pid ?? 0);
    expect(identity && isRunning(identity)).toBe(true);
    child.kill("SIGKILL");
    await once(child, "exit");
    expect(identity && isRunning(identity)).toBe(false);
  });

  it.runIf(process.platform === "linux")("takes a zombie as ended: its parent may never ask", async () => {
    // The shell starts a child, says its pid, and becomes a program that never waits for children; only then the child ends.
    const parent = spawn("sh", ["-c", "head -c 1 <&3 & echo $!; exec sleep 1000 3<&-"], {
      stdio: ["ignore", "pipe", "ignore", "pipe"],
    });
    const [line] = (await once(parent.stdout as Readable, "data")) as [Buffer];
    const pid = Number(line.toString());
    await until("the parent waits for nobody", () =>
      readFileSync(`/proc/${parent.pid}/comm`, "utf8").startsWith("sleep"),
    );
    (parent.stdio[3] as Writable).end("x");
    await until("it is a zombie", () => / Z /.test(readFileSync(`/proc/${pid}/stat`, "utf8")));
    expect(identifyProcess(pid)).toBeUndefined();
    parent.kill("SIGKILL");
  });
});
