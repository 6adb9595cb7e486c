// One call of the service, where the answer stops half-way, or where the request cannot even be sent.
import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, it, onTestFinished } from "vitest";
import { callService } from "../../../../../daemon/upstream/service/service-call.js";
import { VirtualClock } from "../../../../support/virtual-clock.js";

async function endpoint(answer: RequestListener): Promise<string> {
  const server = createServer(answer);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function callAt(endpointUrl: string, headers: Record<string, string> = {}) {
  const clock = new VirtualClock();
  const target = {
    kind: "agentcore",
    runtimeArn: "arn:aws:bedrock-agentcore:us-west-2:123456789012:runtime/demo-Ab1",
    region: "us-west-2",
    endpointUrl,
  } as const;
  const asked = { action: "bedrock-agentcore:InvokeAgentRuntimeCommand", what: "command" };
  const call = { target, call: "commands", asked, runtimeSessionId: "s", body: {}, accept: "*/*" } as const;
  const deps = { clock, random: () => 0.5, sign: async () => headers };
  return { clock, answer: callService(call, deps, new AbortController().signal) };
}

it("takes a refusal whose body never ends for what came of it within 5 s", async () => {
  const url = await endpoint((_, response) => {
    response.writeHead(404, { "content-type": "application/json", "content-length": "1000" });
    response.write('{"message": "no');
  });
  const { answer, clock } = callAt(url);
  const refused = expect(answer).rejects.toMatchObject({ code: "runtime_not_found" });
  await expect.poll(() => clock.pendingTimers).toBe(1);
  await clock.advance(5_000);
  await refused;
});

it("leaves no timer behind a refusal that was read", async () => {
  const url = await endpoint((_, response) => response.writeHead(404).end("no"));
  const { answer, clock } = callAt(url);
  await expect(answer).rejects.toMatchObject({ code: "runtime_not_found" });
  expect(clock.pendingTimers).toBe(0);
});

it("says in words that it cannot send what no header can hold", async () => {
  const { answer } = callAt(await endpoint(() => {}), { authorization: "Bearer a\nb" });
  await expect(answer).rejects.toMatchObject({
    code: "unreachable",
    message: expect.stringMatching(
      /cannot connect to 127\.0\.0\.1:\d+ · Invalid character in header content/,
    ),
  });
});
