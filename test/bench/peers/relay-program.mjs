// Bytes between a terminal and a shell through two Node processes, and nothing else: what any such program in Node must cost.
import { connect, createServer } from "node:net";

const [mode, path, ...command] = process.argv.slice(2);
if (mode === "serve") await serve();
else attach();

async function serve() {
  const { spawn } = await import("@lydell/node-pty");
  const { env } = process;
  const pty = spawn(command[0], command.slice(1), {
    cols: 80,
    rows: 24,
    name: env["TERM"],
    env,
    encoding: null,
  });
  const clients = new Set();
  const full = new Set();
  pty.onData((bytes) => {
    for (const client of clients) if (!client.write(bytes)) full.add(client);
    if (full.size > 0) pty.pause();
  });
  const hasRoom = (client) => {
    if (full.delete(client) && full.size === 0) pty.resume();
  };
  const server = createServer((client) => {
    clients.add(client);
    client.on("data", (bytes) => pty.write(bytes));
    client.on("drain", () => hasRoom(client));
    client.on("error", () => {});
    client.on("close", () => {
      clients.delete(client);
      hasRoom(client);
    });
  });
  pty.onExit(() => process.exit());
  server.listen(path, () => process.send?.("ready"));
}

function attach() {
  const socket = connect(path);
  process.stdin.setRawMode(true);
  // It paints nothing: the shell draws its prompt again.
  socket.write("\f");
  process.stdin.pipe(socket);
  socket.pipe(process.stdout);
  socket.on("close", () => process.exit());
}
