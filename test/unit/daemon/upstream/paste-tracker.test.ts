import { describe, expect, it } from "vitest";
import { PasteTracker } from "../../../../daemon/upstream/paste-tracker.js";
import { fc } from "../../../support/property.js";

describe("PasteTracker", () => {
  it("agrees with a search over the whole stream, however it is cut", () => {
    const piece = fc.constantFrom(
      "\u001b[200~",
      "\u001b[201~",
      "\u001b",
      "[20",
      "0~",
      "1~",
      "2",
      "x",
      "\u001b[202~",
      "\u001b[2",
    );
    fc.assert(
      fc.property(
        fc.array(piece, { maxLength: 30 }),
        fc.array(fc.nat(10), { maxLength: 40 }),
        (pieces, cuts) => {
          const stream = pieces.join("");
          const bytes = Buffer.from(stream, "latin1");
          const tracker = new PasteTracker();
          let at = 0;
          for (const cut of cuts) {
            tracker.push(bytes.subarray(at, at + cut));
            at += cut;
          }
          tracker.push(bytes.subarray(Math.min(at, bytes.length)));
          const start = stream.lastIndexOf("\u001b[200~");
          expect(tracker.open).toBe(start !== -1 && start > stream.lastIndexOf("\u001b[201~"));
        },
      ),
    );
  });
});
