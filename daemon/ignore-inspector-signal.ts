// Import this first: SIGUSR1 would make Node open a debugger on a TCP port, through which anyone on this machine could be us.

/** From here on the signal does nothing. A handler, not "ignore": only a handler replaces Node's own reaction. */
process.on("SIGUSR1", () => {});
