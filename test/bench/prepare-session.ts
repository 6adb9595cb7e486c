// Brings a session into the state that a measure needs, by typing as a user would.
import { OuterTerminal } from "./outer-terminal.js";
import { type Peer, PROMPT } from "./peers/peer.js";

/** A terminal at which the session's prompt has appeared. */
export async function attachTo(peer: Peer, session: string): Promise<OuterTerminal> {
  const outer = new OuterTerminal(peer.attach(session), peer.env);
  await outer.seen(PROMPT);
  return outer;
}

/** Makes the session, types the commands, waits for the marker, and leaves it with nobody attached. */
export async function prepareSession(
  peer: Peer,
  session: string,
  commands: readonly string[],
  marker: string,
): Promise<void> {
  await peer.start(session);
  const outer = await attachTo(peer, session);
  const shown = outer.seen(marker);
  for (const command of commands) outer.command(command);
  await shown;
  await outer.close();
}

/** A command that prints `marker`, and whose own echo does not contain it. */
export function printing(marker: string): string {
  return `printf '%s%s\\n' ${marker.slice(0, 3)} ${marker.slice(3)}`;
}
