// `exec.run`, `session.stop` and `shell.token`: what concerns AgentCore alone.
import type { Params, Result } from "../../shared/rpc.js";
import type { ClientSink } from "../shell/clients/client-host.js";
import type { Call, PacketReceiver } from "./connection.js";
import type { MethodTable } from "./rpc-server.js";

export interface CloudShells {
  /** Its frames go to `sink`. @throws AgentdError `bad_arn`, `usage`. */
  exec(
    sink: ClientSink,
    params: Params<"exec.run">,
  ): { result: Result<"exec.run">; receiver: PacketReceiver };
  stopSession(params: Params<"session.stop">): Promise<Result<"session.stop">>;
  giveToken(params: Params<"shell.token">): void;
}

export function cloudMethods(
  shells: CloudShells,
): Pick<MethodTable<Call>, "exec.run" | "session.stop" | "shell.token"> {
  return {
    "exec.run": async (params, { connection, afterAnswer }) => {
      const { result, receiver } = shells.exec(connection.sink, params);
      afterAnswer(() => connection.becomeStream(receiver));
      return result;
    },

    "session.stop": async (params) => shells.stopSession(params),

    "shell.token": async (params) => {
      shells.giveToken(params);
      return {};
    },
  };
}
