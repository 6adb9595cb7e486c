// `shell.watch` and `shell.unwatch`: a connection that follows the screen of one shell.
import type { ScreenFrame } from "../../shared/rpc.js";
import type { Call, Connection } from "./connection.js";
import type { MethodTable } from "./rpc-server.js";

export interface WatchableShells {
  /** Shows frames until the returned function is called, each as the screen is when whoever watches is ready for it. */
  watch(
    name: string,
    options: { readonly rows?: number | undefined; isReady(): boolean; show(frame: ScreenFrame): void },
  ): () => void;
}

/** Invariant: a connection watches one shell at most, and none after its end. */
export function watchMethods(
  shells: WatchableShells,
): Pick<MethodTable<Call>, "shell.watch" | "shell.unwatch"> {
  const watches = new WeakMap<Connection, () => void>();
  const end = (connection: Connection) => {
    watches.get(connection)?.();
    watches.set(connection, () => {});
  };
  return {
    "shell.watch": async ({ name, rows }, { connection, afterAnswer }) => {
      let answered = false;
      // Whoever has not read the last frame gets none: it would only see the past.
      const isReady = () => answered && connection.sink.queuedBytes === 0;
      const show = (frame: ScreenFrame) => connection.notify(frame, "screen");
      const stop = shells.watch(name, { rows, isReady, show });
      const isFirst = !watches.has(connection);
      end(connection);
      watches.set(connection, stop);
      if (isFirst) connection.onClose(() => end(connection));
      afterAnswer(() => {
        answered = true;
      });
      return {};
    },

    "shell.unwatch": async (_, { connection }) => {
      end(connection);
      return {};
    },
  };
}
