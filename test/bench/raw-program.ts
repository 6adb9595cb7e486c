// Programs that look at bytes as they are: they run in the session, with its terminal in raw mode.
import { writeFileSync } from "node:fs";
import { join } from "node:path";

/** Reads exactly N bytes, then prints `GOT:` and their SHA-256. */
const READER = `
import hashlib, os, sys, tty
tty.setraw(0)
os.write(1, b"READ" + b"READY\\r\\n")
left, digest = int(sys.argv[1]), hashlib.sha256()
while left > 0:
    data = os.read(0, min(left, 65536))
    digest.update(data)
    left -= len(data)
os.write(1, b"GOT:" + digest.hexdigest().encode() + b":END\\r\\n")
os.system("stty sane")
`;

/** Writes all 256 byte values between marks; then reads until half a second of silence and prints them in hexadecimal. */
const BOTH_WAYS = `
import os, select, tty
tty.setraw(0)
os.write(1, b"<<<<" + bytes(range(256)) + b">>>>\\x1b\\\\\\x18")
os.write(1, b"READ" + b"READY\\r\\n")
data = b""
while select.select([0], [], [], 0.5 if data else 30)[0]: data += os.read(0, 4096)
os.write(1, b"GOT:" + data.hex().encode() + b":END\\r\\n")
os.system("stty sane")
`;

const PROGRAMS = { reader: READER, bothWays: BOTH_WAYS } as const;

export const RAW_READY = "READREADY";

/** The command line that runs the program. */
export function rawProgram(directory: string, name: keyof typeof PROGRAMS): string {
  const path = join(directory, `${name}.py`);
  writeFileSync(path, PROGRAMS[name]);
  return `/usr/bin/python3 ${path}`;
}
