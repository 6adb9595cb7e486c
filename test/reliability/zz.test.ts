import { it } from "vitest";
import { UpstreamSimulation } from "../support/simulation/upstream-simulation.js";
import { SimSocket } from "../support/simulation/sim-socket.js";
it("x", async () => {
  const lines: string[] = [];
  const seed = Number(process.env["S"]);
  const out = SimSocket.prototype.output;
  SimSocket.prototype.output = function (stream, from, length) { lines.push(`   server sends ${stream}:${from}+${length}`); return out.call(this, stream, from, length); };
  const pause = SimSocket.prototype.pause; SimSocket.prototype.pause = function () { lines.push("   PAUSE"); return pause.call(this); };
  const resume = SimSocket.prototype.resume; SimSocket.prototype.resume = function () { lines.push("   RESUME"); return resume.call(this); };
  const cw = SimSocket.prototype.closeWith; SimSocket.prototype.closeWith = function (c, r) { lines.push(`   server closes ${c} ${r}`); return cw.call(this, c, r); };
  const term = SimSocket.prototype.terminate; SimSocket.prototype.terminate = function () { lines.push(`   terminate`); return term.call(this); };
  const sim = new UpstreamSimulation(seed, { hub: process.env["HUB"] === "1", trace: (line: string) => { lines.push(line); } });
  await sim.run();
  console.log(lines.join("\n"));
}, 100000);
