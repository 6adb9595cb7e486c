// The entry of the TUI, a program of its own: the client that starts in milliseconds knows nothing of it.
import { parseArgs } from "node:util";
import { App } from "./app.js";

const { values } = parseArgs({
  args: process.argv.slice(2),
  options: { select: { type: "string" } },
  strict: false,
});
const { select } = values;
const app = new App(process.env, typeof select === "string" ? select : undefined);
app.run().then((status) => process.exit(status));
