// fast-check with one seed for all properties: a commit passes or fails, and `npm run fuzz` looks for what no seed has found.
import * as fastCheck from "fast-check";
import { firstSeed } from "./figures.js";

export type { Arbitrary } from "fast-check";

/** AGENTD_FUZZ=20 tries every property 20 times as often, with a seed of its own; a failure names that seed. */
const factor = Number(process.env["AGENTD_FUZZ"] ?? 1);
const seed = factor > 1 && process.env["AGENTD_SEED"] === undefined ? {} : { seed: firstSeed() };
const USUAL_RUNS = 100;

function assert(
  property: fastCheck.IRawProperty<unknown>,
  parameters?: fastCheck.Parameters<unknown>,
): unknown {
  const numRuns = (parameters?.numRuns ?? USUAL_RUNS) * factor;
  return fastCheck.assert(property, { ...seed, ...parameters, numRuns });
}

export const fc: typeof fastCheck = { ...fastCheck, assert: assert as typeof fastCheck.assert };
