// Which device control strings (DCS) of a program reach its clients: two questions, in the form in which they are usually asked.
import type { Verdict } from "./output-verdict.js";

/** What a program may ask the present setting of: colours, scroll region, cursor shape, protection, conformance. */
const SETTINGS = new Set(["m", "r", "s", " q", '"q', '"p']);

/** Names of terminfo and termcap that editors ask for; a name is part of the answer, so no other text may stand there. */
const CAPABILITIES = new Set([
  "Co",
  "TN",
  "RGB",
  "Tc",
  "Su",
  "Smulx",
  "Setulc",
  "Ms",
  "Se",
  "Ss",
  "Cs",
  "Cr",
  "XT",
  "Sync",
  "bce",
  "ccc",
  "colors",
  "name",
  "indn",
  "setrgbf",
  "setrgbb",
  "smcup",
  "rmcup",
]);
/** Keys in termcap, two characters each. */
const KEY_NAME = /^[A-Za-z0-9#%&*@!;][A-Za-z0-9]$/;
const MAX_NAMES = 64;

/** The bytes between introducer and terminator, as Latin-1. */
export function judgeDcs(body: string): Verdict {
  const setting = /^\$q([ -~]{1,2})$/.exec(body)?.[1];
  if (setting !== undefined) return SETTINGS.has(setting) ? "pass" : "drop";
  const names = /^\+q([0-9A-Fa-f]{2}(?:[0-9A-Fa-f;]*[0-9A-Fa-f])?)$/.exec(body)?.[1]?.split(";");
  if (names === undefined || names.length > MAX_NAMES) return "drop";
  return names.every(isCapability) ? "pass" : "drop";
}

function isCapability(hex: string): boolean {
  if (hex.length % 2 !== 0 || hex === "") return false;
  const name = Buffer.from(hex, "hex").toString("latin1");
  return CAPABILITIES.has(name) || KEY_NAME.test(name);
}
