import { expect, it } from "vitest";
import { LineDiscipline } from "../../../../client/attach/line-discipline.js";

it("goes on with the terminal as it is when no process can be started", () => {
  const discipline = new LineDiscipline();
  let done = 0;
  // Node throws this one, and ENOMEM, instead of telling it by an event.
  discipline.makeExact(1_000_000, () => done++);
  expect(done).toBe(1);
  discipline.stop();
  expect(done).toBe(1);
});
