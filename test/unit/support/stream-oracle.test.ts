// The judge is judged: it finds exactly the bytes that were taken out, put in twice, moved or made up.
import { spawnSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { firstSeed, repetitions } from "../../support/figures.js";
import { seededRandom } from "../../support/random-stream.js";
import {
  judgeInput,
  missing,
  STREAM_PROGRAM,
  StreamOracle,
  token,
  trueStream,
} from "../../support/stream-oracle.js";

const end = (length: number) => Buffer.from(`<end ${length.toString(16).padStart(16, "0")}>\r\n`);

/** Judges `bytes`, handed over in pieces of 1 to 100 bytes. */
function judge(bytes: Buffer, random: () => number) {
  const oracle = new StreamOracle();
  for (let at = 0; at < bytes.length; ) {
    const size = 1 + Math.floor(random() * 100);
    oracle.push(bytes.subarray(at, at + size));
    at += size;
  }
  return oracle.judge();
}

describe("the byte oracle", () => {
  const whole = trueStream(0, 32 * 200);
  const prelude = Buffer.from("$ exec program 0123456789abcdef\r\n");
  const clean = { length: 6400, lost: 0, doubled: 0, reordered: 0, garbage: 0, jumps: [] };

  it("finds nothing wrong with the true stream, however it comes", () => {
    const random = seededRandom(firstSeed());
    expect(judge(Buffer.concat([prelude, whole, end(6400)]), random)).toEqual(clean);
  });

  it("counts exactly what a cut took away or a replay repeated, anywhere", () => {
    const seed = firstSeed();
    const random = seededRandom(seed);
    for (let round = 0; round < repetitions({ ci: 200, full: 20_000 }); round++) {
      const what = `seed ${seed}, round ${round}`;
      const at = 40 + Math.floor(random() * 3000);
      const other = Math.floor(random() * 6000);
      const bytes = Buffer.concat([prelude, whole.subarray(0, at), whole.subarray(other), end(6400)]);
      const { lost, doubled, reordered, garbage } = judge(bytes, random);
      const expected = {
        lost: Math.max(0, other - at),
        doubled: Math.max(0, at - other),
        reordered: 0,
        garbage: 0,
      };
      expect({ lost, doubled, reordered, garbage }, what).toEqual(expected);
    }
  });

  it("tells what came late from what came twice", () => {
    const moved = Buffer.concat([whole.subarray(0, 1000), whole.subarray(2000), whole.subarray(1000, 2000)]);
    const { lost, doubled, reordered, garbage } = judge(moved, seededRandom(1));
    expect([doubled, garbage, lost + reordered]).toEqual([0, 0, 1000]);
    // Bytes that would be right on both sides of a jump are taken for those before it: at most the zeros of a position.
    expect(lost).toBeLessThan(16);
  });

  it("takes bytes that would be right on both sides of a jump for those behind it, when it is told where the jump may be", () => {
    const oracle = new StreamOracle();
    oracle.push(whole.subarray(0, 1000));
    oracle.mark();
    oracle.push(Buffer.concat([whole.subarray(2024), whole.subarray(1000, 2024)]));
    oracle.push(end(6400));
    expect(oracle.jumps[0]).toEqual({ at: 1000, from: 1000, to: 2024, garbage: 0 });
  });

  it("sees a changed byte, strange bytes and a missing end", () => {
    const changed = Buffer.from(whole);
    changed[3205] = 0x58;
    expect(judge(changed, seededRandom(1))).toMatchObject({ length: undefined, lost: 1, garbage: 1 });
    const strange = Buffer.concat([
      whole.subarray(0, 77),
      Buffer.from("hello"),
      whole.subarray(77),
      end(6400),
    ]);
    expect(judge(strange, seededRandom(1))).toMatchObject({ lost: 0, doubled: 0, garbage: 5 });
    const short = Buffer.concat([whole.subarray(0, 6000), end(6400)]);
    expect(judge(short, seededRandom(1))).toMatchObject({ length: 6400, lost: 400 });
  });

  it("knows which bytes of one stream another does not have", () => {
    expect(
      missing(
        [{ from: 0, to: 100 }],
        [
          { from: 10, to: 20 },
          { from: 50, to: 200 },
        ],
      ),
    ).toBe(40);
  });

  it("agrees with the program that writes the stream", () => {
    const source = `exec(open(${JSON.stringify(STREAM_PROGRAM)}).read().split("while True")[0].split("log =")[0])
import sys
exec("def check" + open(${JSON.stringify(STREAM_PROGRAM)}).read().split("def check")[1].split("def write")[0])
for n in range(0, 640, 32): sys.stdout.buffer.write(b"%016x %08x ....\\r\\n" % (n, check(n)))`;
    const { stdout, stderr } = spawnSync("python3", ["-c", source]);
    expect(stderr.toString()).toBe("");
    expect(stdout.equals(trueStream(0, 640))).toBe(true);
  });
});

describe("the input oracle", () => {
  it("counts what came twice, out of order or torn, and does not mind what did not come", () => {
    expect(judgeInput(token(1) + token(3) + token(4))).toEqual({
      received: 3,
      doubled: 0,
      disordered: 0,
      torn: 0,
    });
    expect(judgeInput(token(1) + token(3) + token(2) + token(3))).toEqual({
      received: 3,
      doubled: 1,
      disordered: 1,
      torn: 0,
    });
    expect(judgeInput(`${token(1)}t0000`)).toMatchObject({ received: 1, torn: 5 });
  });
});
