// What the clients of a shell get of dangerous output: live, in a drawing, when they resume, and from a raw shell.
import { describe, expect, it } from "vitest";
import { ATTACKS } from "../../../support/attack-strings.js";
import { seededRandom } from "../../../support/random-stream.js";
import { EPOCH, ShellRig } from "../../../support/shell-rig.js";

const bytes = (text: string) => new Uint8Array(Buffer.from(text, "latin1"));

describe("output of a safe shell", () => {
  it("reaches the leader without what is dangerous, and its place is told", async () => {
    const rig = ShellRig.live();
    const { sink } = await rig.attach();
    await rig.drawn();
    rig.upstream.output(bytes("a\x1b]52;c;aGVsbG8=\x07b\x1b[21tc"));
    expect(sink.output).toBe("abc");
    expect(sink.view.offset).toBe(rig.upstream.request.have()?.offset);
    expect(sink.notices).toContainEqual({ kind: "blocked", what: "clipboard", bytes: 5 });
  });

  it("comes in whole sequences only, also behind a drawing that was made in the midst of one", async () => {
    const rig = ShellRig.live();
    const early = await rig.attach();
    await rig.drawn();
    rig.upstream.output("a\u001b[3");
    const late = await rig.attach();
    await rig.drawn();
    expect(early.sink.output).toBe("a");
    expect(late.sink.view.bytes.toString()).not.toContain("\u001b[3\u001b");
    expect(late.sink.view.offset).toBe(1);
    rig.upstream.output("1mred");
    expect(early.sink.output).toBe("a\u001b[31mred");
    expect(late.sink.output).toBe("\u001b[31mred");
    expect(late.sink.view.offset).toBe(9);
  });

  it("is drawn without links and titles that were not let through", async () => {
    const rig = ShellRig.live();
    rig.upstream.output(bytes("\x1b]8;;file:///etc/passwd\x07link\x1b]2;a\x0bb\x07"));
    const { sink } = await rig.attach();
    await rig.drawn();
    const drawn = sink.view.bytes.toString();
    expect(drawn).not.toContain("file:");
    expect(drawn).toContain("\u001b]2;ab");
  });

  it("rings no bell for a client that resumes", async () => {
    const rig = ShellRig.live();
    rig.upstream.output("one\u0007\u001b]9;hello\u0007two");
    const { sink } = await rig.attach({ resume: { epoch: EPOCH, offset: 0 } });
    expect(sink.output).toBe("onetwo");
    expect(sink.view.offset).toBe(rig.upstream.request.have()?.offset);
  });

  it("is drawn anew for a client that claims to stand inside a sequence that is not finished", async () => {
    const rig = ShellRig.live();
    rig.upstream.output("ab\u001b]52;c;aGVs");
    const { result } = await rig.attach({ resume: { epoch: EPOCH, offset: 8 } });
    expect(result.resumed).toBe(false);
  });

  it("neither repeats nor loses a byte for a client that resumes at any frame it was given", async () => {
    for (let seed = 1; seed <= 40; seed++) {
      const random = seededRandom(seed);
      const pick = () => ATTACKS[Math.floor(random() * ATTACKS.length)]?.[0] ?? "";
      const stream = bytes(Array.from({ length: 6 }, (_, n) => `${n}${pick()}`).join(""));
      // A rewritten sequence and the notice of its place can be torn apart; no notification, since those are rationed.
      if (/\]9;|\]777;|\]99;/.test(Buffer.from(stream).toString("latin1"))) continue;
      const rig = ShellRig.live();
      const { sink } = await rig.attach();
      await rig.drawn();
      const stands: { offset: number; output: Buffer }[] = [];
      const snapshot = sink.frames.length;
      for (let at = 0; at < stream.length; at += 11) {
        rig.upstream.output(stream.subarray(at, at + 11));
        const output = sink.frames.slice(snapshot).filter((frame) => frame[0] === 1);
        stands.push({
          offset: sink.view.offset,
          output: Buffer.concat(output.map((frame) => frame.subarray(1))),
        });
      }
      const end = stands.at(-1)?.output.toString("latin1").replaceAll("\x07", "");
      for (const { offset, output } of stands) {
        const { sink: later, result } = await rig.attach({
          resume: { epoch: EPOCH, offset },
          ignoreSize: false,
        });
        expect(result.resumed, `seed ${seed}, at ${offset}`).toBe(true);
        const rest = later.frames.filter((frame) => frame[0] === 1).map((frame) => frame.subarray(1));
        const all = Buffer.concat([output, ...rest])
          .toString("latin1")
          .replaceAll("\x07", "");
        // Questions that were asked meanwhile are not asked again.
        expect(withoutQueries(all), `seed ${seed}, at ${offset}`).toBe(withoutQueries(end ?? ""));
      }
    }
  });
});

describe("output of a raw shell", () => {
  it("reaches its leader byte for byte", async () => {
    const rig = ShellRig.live({ escapes: "raw" });
    const { sink } = await rig.attach();
    await rig.drawn();
    const all = Uint8Array.from({ length: 512 }, (_, n) => n & 0xff);
    rig.upstream.output(all);
    rig.upstream.output(bytes("\x1b]52;c;?\x07"));
    const got = Buffer.concat(
      sink.frames.filter((frame) => frame[0] === 1).map((frame) => frame.subarray(1)),
    );
    expect(got.equals(Buffer.concat([all, bytes("\x1b]52;c;?\x07")]))).toBe(true);
    expect(rig.shell.info().escapes).toBe("raw");
  });

  it("may write the clipboard of a safe one when that is allowed, and never read it", async () => {
    const rig = ShellRig.live({ clipboard: "allow" });
    const { sink } = await rig.attach();
    await rig.drawn();
    rig.upstream.output("\u001b]52;c;aGk=\u0007\u001b]52;c;?\u0007");
    expect(sink.output).toBe("\u001b]52;c;aGk=\u0007");
    expect(rig.shell.info()).toMatchObject({ clipboard: "allow" });
    expect(rig.shell.info()).not.toHaveProperty("escapes");
  });
});

function withoutQueries(text: string): string {
  return text.replace(
    /\x1b\[[>=?]?[0-9;]*[cn]|\x1b\[\?u|\x1b\](?:1[0-2]|4);[^\x07\x1b]*\?[^\x07\x1b]*(?:\x07|\x1b\\)/g,
    "",
  );
}
