import { describe, expect, it } from "vitest";
import { InputQueue, MAX_INPUT_BYTES } from "../../../shared/input-queue.js";
import { fc } from "../../support/property.js";

describe("the client's input queue", () => {
  it("gives back what was pushed, in order and once, in pieces as large as wanted", () => {
    const chunk = fc
      .uint8Array({ minLength: 1, maxLength: 40 })
      .filter((one) => one.length > 1 || one[0] !== 3);
    fc.assert(
      fc.property(fc.array(fc.tuple(chunk, fc.integer({ min: 0, max: 60 }))), (steps) => {
        const queue = new InputQueue();
        const pushed: number[] = [];
        const taken: number[] = [];
        for (const [one, max] of steps) {
          queue.push(one);
          pushed.push(...one);
          if (max === 0) continue;
          const piece = queue.take(max);
          expect(piece?.length).toBe(Math.min(max, pushed.length - taken.length));
          taken.push(...(piece ?? []));
          expect(queue.bytes).toBe(pushed.length - taken.length);
        }
        for (let piece = queue.take(7); piece !== undefined; piece = queue.take(7)) taken.push(...piece);
        expect(taken).toEqual(pushed);
        expect(queue.bytes).toBe(0);
      }),
    );
  });

  it("gives bytes back in order, cut to what is asked for", () => {
    const queue = new InputQueue();
    queue.push(Buffer.from("abc"));
    queue.push(Buffer.from("de"));
    expect(queue.bytes).toBe(5);
    expect(
      [queue.take(2), queue.take(9), queue.take(9), queue.take(9)].map(
        (part) => part && Buffer.from(part).toString(),
      ),
    ).toEqual(["ab", "cde", undefined, undefined]);
    expect(queue.bytes).toBe(0);
  });

  it("lets a lone Ctrl-C overtake and drop what waits", () => {
    const queue = new InputQueue();
    queue.push(Buffer.alloc(1000));
    queue.push(Buffer.from("\x03"));
    expect(queue.take(10)).toEqual(Buffer.from("\x03"));
    queue.push(Buffer.from("x\x03"));
    queue.push(Buffer.from("y"));
    expect(queue.bytes).toBe(3);
  });

  it("is full at its bound", () => {
    const queue = new InputQueue();
    queue.push(new Uint8Array(MAX_INPUT_BYTES - 1));
    expect(queue.isFull).toBe(false);
    queue.push(new Uint8Array(1));
    expect(queue.isFull).toBe(true);
    expect(queue.clear()).toBe(MAX_INPUT_BYTES);
  });
});
