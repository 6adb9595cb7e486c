// What never reaches the log: payloads, credentials, control characters; and what never happens to it: growth.
import {
  chmodSync,
  existsSync,
  lstatSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { openLog } from "../../../daemon/log.js";
import { Scrubber } from "../../../daemon/scrubber.js";
import { AgentdError } from "../../../shared/errors.js";
import { fc } from "../../support/property.js";
import { tempDirectory } from "../../support/temp-directory.js";

const lines = (path: string) =>
  readFileSync(path, "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, unknown>);

describe("log", () => {
  it("writes JSON lines with level, time and phrase into a 0600 file, whatever the umask", () => {
    const path = join(tempDirectory(), "daemon.log");
    const umask = process.umask(0);
    try {
      openLog({ path })
        .child({ shell: "work" })
        .info({ attempt: 2, bytes: new Uint8Array(9) }, "link lost");
    } finally {
      process.umask(umask);
    }
    expect(lines(path)).toMatchObject([
      {
        level: "info",
        time: expect.stringMatching(/^\d{4}-/),
        shell: "work",
        attempt: 2,
        bytes: "9 bytes",
        msg: "link lost",
      },
    ]);
    expect(lstatSync(path).mode & 0o777).toBe(0o600);
  });

  it("keeps objects out: a request, headers, a config", () => {
    const path = join(tempDirectory(), "daemon.log");
    const req = {
      headers: { Authorization: "AWS4-HMAC-SHA256 canary-1" },
      url: "wss://h/?X-Amz-Signature=canary-2",
    };
    const err = Object.assign(new Error("refused"), {
      config: { headers: req.headers },
      code: "ECONNREFUSED",
    });
    openLog({ path }).error({ req, err, list: ["canary-3"] }, "failed");
    const text = readFileSync(path, "utf8");
    expect(text).not.toContain("canary");
    expect(lines(path)[0]).toMatchObject({
      req: "object",
      err: { message: "refused", code: "ECONNREFUSED" },
    });
  });

  it("describes an error and its cause", () => {
    const path = join(tempDirectory(), "daemon.log");
    const err = new AgentdError("unreachable", "no way", { cause: new Error("deep") });
    openLog({ path }).warn({ err }, "gone");
    expect(lines(path)[0]?.err).toMatchObject({
      name: "AgentdError",
      code: "unreachable",
      cause: { message: "deep" },
    });
  });

  it("makes control characters visible and cuts foreign text", () => {
    const path = join(tempDirectory(), "daemon.log");
    openLog({ path }).info({ reason: `\u001b]52;c;x\u0007${"a".repeat(1000)}`, "bad\nkey": 1 }, "closed");
    const [line] = lines(path);
    expect(line?.reason).toMatch(/^\^\[\]52;c;x\^Ga+…$/);
    expect(line).toHaveProperty("bad^Jkey", 1);
  });

  it("scrubs secrets that got into the phrase, an error's message or a field; and would not without the scrubber", () => {
    const path = join(tempDirectory(), "daemon.log");
    const secret = 'wJalr/XUtn"FEMI+K7';
    const scrubber = new Scrubber();
    scrubber.hide(secret);
    const log = (log: ReturnType<typeof openLog>) =>
      log.info(
        { a: secret, b: encodeURIComponent(secret), err: new Error(`with ${secret}`) },
        `phrase ${secret}`,
      );
    log(openLog({ path, scrubber }));
    expect(readFileSync(path, "utf8")).not.toMatch(/wJalr|FEMI/);
    rmSync(path);
    log(openLog({ path }));
    expect(readFileSync(path, "utf8")).toMatch(/FEMI/);
  });

  it("keeps one old file and stays within its size", () => {
    const directory = tempDirectory();
    const path = join(directory, "daemon.log");
    const log = openLog({ path, maxBytes: 2000 });
    for (let number = 0; number < 100; number++) log.info({ number }, "tick");
    expect(readdirSync(directory).sort()).toEqual(["daemon.log", "daemon.log.1"]);
    expect(statSync(path).size).toBeLessThanOrEqual(2000);
    expect(statSync(`${path}.1`).size).toBeLessThanOrEqual(2000);
    expect(lines(path).at(-1)).toMatchObject({ number: 99 });
  });

  it("starts a new file when its file was moved or removed", () => {
    const path = join(tempDirectory(), "daemon.log");
    const log = openLog({ path });
    log.info({}, "one");
    renameSync(path, `${path}.moved`);
    log.info({}, "two");
    rmSync(path);
    log.info({}, "three");
    expect(lines(path).map(({ msg }) => msg)).toEqual(["three"]);
  });

  it("never throws; says how many lines it lost", () => {
    const directory = join(tempDirectory(), "logs");
    const path = join(directory, "daemon.log");
    const log = openLog({ path });
    log.info({}, "lost 1");
    log.info({}, "lost 2");
    expect(existsSync(path)).toBe(false);
    renameSync(tempDirectory(), directory);
    log.info({}, "kept");
    expect(lines(path)).toMatchObject([{ msg: "log lines lost", lines: 2 }, { msg: "kept" }]);
  });

  it("does not follow a symbolic link and does not trust a file that others can write", () => {
    const directory = tempDirectory();
    const path = join(directory, "daemon.log");
    const target = join(directory, "target");
    writeFileSync(target, "mine");
    symlinkSync(target, path);
    openLog({ path }).info({}, "x");
    expect(readFileSync(target, "utf8")).toBe("mine");
    rmSync(path);
    writeFileSync(path, "theirs\n");
    chmodSync(path, 0o666);
    openLog({ path }).info({}, "x");
    expect(lstatSync(path).mode & 0o777).toBe(0o600);
    expect(lines(path)).toHaveLength(1);
  });
});

describe("Scrubber", () => {
  it.each([
    "AKIAIOSFODNN7EXAMPLE",
    "ASIAIOSFODNN7EXAMPLE",
    "wss://h/p?X-Amz-Signature=canary&a=b",
    "X-Amz-Security-Token%3Dcanary",
    '{"Authorization":"AWS4-HMAC-SHA256 Credential=canary/x, Signature=canary"}',
    '{\\"authorization\\":\\"Bearer canary\\"}',
    "x-amz-security-token: canary",
    "Sec-WebSocket-Protocol: base64UrlBearerAuthorization.canary",
    "Bearer canary.canary",
    "eyJjYW5hcnkiOiJ4In0.canary.canary",
    '"secretAccessKey":"canary"',
    "aws_session_token=canary",
  ])("removes what looks like a secret from %j", (text) => {
    expect(new Scrubber().scrub(text)).not.toMatch(/canary|EXAMPLE/);
  });

  it("leaves ordinary text as it is", () => {
    const text = '{"level":"info","msg":"shell live","shell":"work","bytes":12}';
    expect(new Scrubber().scrub(text)).toBe(text);
  });

  it("finds a known secret in any text, raw or encoded", () => {
    const secret = fc.string({ minLength: 12, maxLength: 60 });
    const encodings = [
      (text: string) => text,
      (text: string) => JSON.stringify(text),
      (text: string) => encodeURIComponent(text),
      (text: string) => Buffer.from(text).toString("hex"),
      (text: string) => Buffer.from(text).toString("base64"),
      (text: string) => Buffer.from(text).toString("base64url"),
      (text: string) => Buffer.from(`a${text}`).toString("base64"),
      (text: string) => Buffer.from(`ab${text}c`).toString("base64"),
    ];
    fc.assert(
      fc.property(secret, fc.string(), fc.string(), (value, before, after) => {
        const scrubber = new Scrubber();
        scrubber.hide(value);
        for (const encode of encodings) {
          const line = before + encode(value) + after;
          expect(scrubber.scrub(line)).toContain("[redacted]");
        }
      }),
    );
  });

  it("forgets the oldest of more than 256 secrets, and never hides short words", () => {
    const scrubber = new Scrubber();
    for (let number = 0; number < 257; number++) scrubber.hide(`secret-${1000 + number}`);
    scrubber.hide("info");
    expect(scrubber.scrub("secret-1000 secret-1001 info")).toBe("secret-1000 [redacted] info");
  });
});
