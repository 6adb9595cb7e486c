// `shell.watch` and `shell.unwatch`: a connection that follows the screen of one shell.
import type { ScreenFrame } from "../../shared/rpc.js";
import type { Call, Connection } from "./connection.js";
import type { MethodTable } from "./rpc-server.js";

export interface WatchableShells {
  /** Offers frames until the returned function is called; a frame that is not taken is offered again, as it is then. */
  watch(
    name: string,
    options: { readonly rows?: number | undefined; readonly offer: (frame: ScreenFrame) => boolean },
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
      if (!watches.has(connection)) connection.onClose(() => end(connection));
      let answered = false;
      // Whoever has not read the last frame gets none: it would only see the past.
      const offer = (frame: ScreenFrame) => {
        if (!answered || connection.sink.queuedBytes > 0) return false;
        connection.notify(frame, "screen");
        return true;
      };
      const stop = shells.watch(name, { rows, offer });
      end(connection);
      watches.set(connection, stop);
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
