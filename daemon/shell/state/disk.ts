// The disk as the state file needs it: a handful of operations that tests can make fail one by one.
import { constants } from "node:fs";
import { type FileHandle, open, readdir, rename, unlink } from "node:fs/promises";

/** Every method rejects with the error of the operating system. */
export interface Disk {
  /** The file's content; undefined when there is no such file. Refuses links, and files that others can change or read. */
  read(path: string): Promise<Buffer | undefined>;
  /** Creates the file (mode 0600; it must not exist), writes it whole and flushes it to the disk. */
  writeNew(path: string, content: Buffer): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  /** Flushes a directory, so that a rename in it survives a power cut. */
  syncDirectory(path: string): Promise<void>;
  /** The names in a directory. */
  list(path: string): Promise<readonly string[]>;
  /** No error when the file is not there. */
  remove(path: string): Promise<void>;
}

export const systemDisk: Disk = {
  async read(path) {
    let file: FileHandle;
    try {
      file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
      throw error;
    }
    try {
      const status = await file.stat();
      if (!status.isFile() || status.uid !== process.geteuid?.() || (status.mode & 0o077) !== 0) {
        throw Object.assign(new Error(`${path} is not a private file of yours`), { code: "EPERM" });
      }
      return await file.readFile();
    } finally {
      await file.close();
    }
  },
  async writeNew(path, content) {
    const file = await open(path, "wx", 0o600);
    try {
      await file.writeFile(content);
      await file.sync();
    } finally {
      await file.close();
    }
  },
  rename,
  async syncDirectory(path) {
    const directory = await open(path, "r");
    try {
      await directory.sync();
    } finally {
      await directory.close();
    }
  },
  list: (path) => readdir(path),
  async remove(path) {
    try {
      await unlink(path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    }
  },
};
