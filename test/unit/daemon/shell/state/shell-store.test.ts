import { createHash } from "node:crypto";
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Disk, systemDisk } from "../../../../../daemon/shell/state/disk.js";
import type { ShellRecord } from "../../../../../daemon/shell/state/shell-record.js";
import { ShellStore } from "../../../../../daemon/shell/state/shell-store.js";
import { decodeState, encodeState } from "../../../../../daemon/shell/state/state-file.js";
import { LOCAL_RECORD } from "../../../../support/shell-rig.js";

const record = (name: string): ShellRecord => ({ ...LOCAL_RECORD, name });
const names = (records: readonly ShellRecord[]) => records.map(({ name }) => name);

describe("state file", () => {
  const good = encodeState([record("a"), record("b")]);

  it("reads back what it wrote", () => {
    expect(decodeState(good)).toEqual({ kind: "ok", records: [record("a"), record("b")] });
  });

  it("keeps what may pass of a shell's output, and takes an older record without that for a safe one", () => {
    const raw: ShellRecord = { ...record("a"), escapes: "raw", clipboard: "allow" };
    expect(decodeState(encodeState([raw, record("b")]))).toEqual({ kind: "ok", records: [raw, record("b")] });
    expect(record("b")).not.toHaveProperty("escapes");
  });

  it.each([
    { escapes: "safe" },
    { escapes: "Raw" },
    { escapes: 1 },
    { clipboard: "deny" },
    { clipboard: true },
    { clipboard: null },
  ])("takes nothing for a record that says %j: no mistake may open a shell's output", (rules) => {
    const bad = { ...record("a"), ...rules } as unknown as ShellRecord;
    expect(decodeState(encodeState([bad]))).toEqual({ kind: "corrupt", why: "wrong content" });
  });

  it("recognises every truncation", () => {
    for (let length = 0; length < good.length; length++) {
      expect(decodeState(good.subarray(0, length)).kind, `cut at ${length}`).toBe("corrupt");
    }
  });

  it("never takes a file with a flipped bit for a good one with other shells", () => {
    for (let at = 0; at < good.length; at++) {
      for (const bit of [1, 2, 4, 8, 16, 32, 64, 128]) {
        const bad = Buffer.from(good);
        bad[at]! ^= bit;
        const state = decodeState(bad);
        // Damage must not look like a newer agentd: then the daemon would refuse to start, and the backup would not be used.
        expect(state.kind, `byte ${at}, bit ${bit}`).not.toBe("newer");
        // A flip in the unread part of the header's spelling may leave it readable; then the shells are the same.
        if (state.kind === "ok") expect(names(state.records)).toEqual(["a", "b"]);
      }
    }
  });
});

describe("ShellStore", () => {
  let directory: string;
  let warnings: string[];
  const path = () => join(directory, "state.json");
  const store = (disk: Disk = systemDisk) =>
    new ShellStore({ directory, disk, now: () => 7, warn: (message) => warnings.push(message) });

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "agentd-store-"));
    warnings = [];
  });
  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  it("starts empty, saves with mode 0600, and loads again", async () => {
    expect(await store().load()).toEqual([]);
    await store().save(() => [record("a")]);
    expect(statSync(path()).mode & 0o777).toBe(0o600);
    expect(names(await store().load())).toEqual(["a"]);
  });

  it("writes the newest records once for calls that come while it writes", async () => {
    let writes = 0;
    const disk: Disk = {
      ...systemDisk,
      writeNew: (file, content) => {
        writes += 1;
        return systemDisk.writeNew(file, content);
      },
    };
    const subject = store(disk);
    const list: ShellRecord[] = [];
    const saves = ["a", "b", "c", "d"].map((name) => {
      list.push(record(name));
      return subject.save(() => [...list]);
    });
    await Promise.all(saves);
    expect(names(await store().load())).toEqual(["a", "b", "c", "d"]);
    expect(writes).toBeLessThanOrEqual(2);
  });

  it("uses the backup for a damaged file, and keeps the damaged one aside", async () => {
    await store().save(() => [record("a")]);
    await store().save(() => [record("a"), record("b")]);
    writeFileSync(path(), readFileSync(path()).subarray(0, 50));
    expect(names(await store().load())).toEqual(["a"]);
    expect(existsSync(`${path()}.corrupt-7`)).toBe(true);
    expect(decodeState(readFileSync(path()))).toMatchObject({ kind: "ok", records: [{ name: "a" }] });
    expect(warnings).toHaveLength(1);
  });

  it("refuses a newer format, a link, and a file that others can read, and leaves all three alone", async () => {
    const sha256 = createHash("sha256").update("2\n{}").digest("hex");
    writeFileSync(path(), `{"agentd":"state","v":2,"sha256":"${sha256}"}\n{}\n`, { mode: 0o600 });
    await expect(store().load()).rejects.toMatchObject({ code: "state_unwritable" });
    chmodSync(path(), 0o644);
    await expect(store().load()).rejects.toMatchObject({ code: "state_unwritable" });
    rmSync(path());
    const target = join(directory, "elsewhere");
    writeFileSync(target, "untouched", { mode: 0o600 });
    symlinkSync(target, path());
    await expect(store().load()).rejects.toMatchObject({ code: "state_unwritable" });
    expect(readFileSync(target, "utf8")).toBe("untouched");
  });

  it("has a state file again after a crash between the two renames of a save", async () => {
    await store().save(() => [record("a")]);
    renameSync(path(), `${path()}.bak`);
    expect(names(await store().load())).toEqual(["a"]);
    expect(decodeState(readFileSync(path()))).toMatchObject({ kind: "ok", records: [{ name: "a" }] });
    expect(warnings).toEqual([]);
  });

  it("removes what a crashed write left behind, and nothing else", async () => {
    await store().save(() => [record("a")]);
    const left = `${path()}.0123456789ab.new`;
    const open = `${path()}.ffffffffffff.new`;
    const other = `${path()}.mine.new`;
    for (const file of [left, open, other]) writeFileSync(file, "half", { mode: 0o600 });
    chmodSync(open, 0o644);
    const link = `${path()}.aaaaaaaaaaaa.new`;
    symlinkSync(other, link);
    expect(names(await store().load())).toEqual(["a"]);
    expect([left, open, other, link].map((file) => existsSync(file))).toEqual([false, true, true, true]);
  });

  it("names both versions when a newer agentd wrote the file", async () => {
    const sha256 = createHash("sha256").update("2\n{}").digest("hex");
    writeFileSync(path(), `{"agentd":"state","v":2,"sha256":"${sha256}"}\n{}\n`, { mode: 0o600 });
    await expect(store().load()).rejects.toThrow(/^[^\n]*\(format 2, this one knows 1\)[^\n]*$/);
  });

  it("loses no shell of the backup, whatever byte of the file is damaged or wherever it ends", async () => {
    const backup = encodeState([record("kept"), record("also")]);
    const newest = encodeState([record("kept"), record("also"), record("newest")]);
    const damaged = [
      ...Array.from(newest, (_, length) => newest.subarray(0, length)),
      ...Array.from(newest, (_, at) => {
        const copy = Buffer.from(newest);
        copy[at]! ^= 1 << (at % 8);
        return copy;
      }),
    ];
    for (const [index, content] of damaged.entries()) {
      const files = new Map([
        ["/s/state.json", content],
        ["/s/state.json.bak", backup],
      ]);
      const found = names(
        await new ShellStore({
          directory: "/s",
          disk: memoryDisk(files),
          now: () => 7,
          warn: () => {},
        }).load(),
      );
      expect(found.slice(0, 2), `damage ${index}`).toEqual(["kept", "also"]);
    }
  });

  it("loses nothing that was saved when the n-th disk operation fails, for every n", async () => {
    for (let n = 1; ; n++) {
      rmSync(directory, { recursive: true, force: true });
      directory = mkdtempSync(join(tmpdir(), "agentd-store-"));
      await store().save(() => [record("first")]);
      const faulty = failAt(n, systemDisk);
      const saved = await store(faulty.disk)
        .save(() => [record("first"), record("second")])
        .then(() => true)
        .catch((error: unknown) => {
          expect(error).toMatchObject({ code: "state_unwritable" });
          return false;
        });
      const found = names(await store().load());
      expect(found[0], `operation ${n}`).toBe("first");
      if (saved) expect(found).toEqual(["first", "second"]);
      expect(readdirSync(directory).filter((name) => name.endsWith(".new"))).toEqual([]);
      // And the next save mends everything.
      await store().save(() => [record("first"), record("third")]);
      expect(names(await store().load())).toEqual(["first", "third"]);
      if (!faulty.failed()) break;
    }
  });
});

function memoryDisk(files: Map<string, Buffer>): Disk {
  return {
    read: async (path) => files.get(path),
    writeNew: async (path, content) => void files.set(path, content),
    rename: async (from, to) => {
      files.set(to, files.get(from) ?? Buffer.alloc(0));
      files.delete(from);
    },
    syncDirectory: async () => {},
    list: async () => [],
    remove: async (path) => void files.delete(path),
  };
}

/** A disk whose n-th operation fails as on a full disk; removing still works, as it does there. */
function failAt(n: number, disk: Disk): { disk: Disk; failed: () => boolean } {
  let count = 0;
  let failed = false;
  const guard =
    <A extends unknown[], R>(operation: (...args: A) => Promise<R>) =>
    async (...args: A): Promise<R> => {
      count += 1;
      if (count === n) {
        failed = true;
        throw Object.assign(new Error("no space"), { code: "ENOSPC" });
      }
      return operation(...args);
    };
  return {
    failed: () => failed,
    disk: {
      read: guard(disk.read),
      writeNew: guard(disk.writeNew),
      rename: guard(disk.rename),
      syncDirectory: guard(disk.syncDirectory),
      list: disk.list,
      remove: disk.remove,
    },
  };
}
