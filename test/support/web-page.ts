// A page without a browser: exchanges a key, opens WebSockets, calls, attaches.
import { createHmac } from "node:crypto";
import { RawConnection, requestBytes, upgradeLines, type Where } from "./raw-http.js";
import { freshNonce, keyOf, sha256 } from "./web-world.js";

/** What the good page sends with everything. */
export const goodLines = (host: string): string[] => [`Host: ${host}`, `Origin: http://${host}`];

export function whereOf(url: string): { where: Where; host: string } {
  const { port, host } = new URL(url);
  return { where: { port: Number(port) }, host };
}

/** POST with a JSON body; the answer's status and value. */
export async function post(
  where: Where,
  host: string,
  path: string,
  body: unknown,
): Promise<{ status: number; value: Record<string, unknown> }> {
  const lines = [...goodLines(host), "Content-Type: application/json"];
  const connection = await RawConnection.open(where);
  const answer = await connection.ask(requestBytes("POST", path, lines, JSON.stringify(body)));
  connection.close();
  return { status: answer.status, value: answer.body === "" ? {} : JSON.parse(answer.body) };
}

/** Trades the key of a printed address for a token, and checks the proof. */
export async function openAddress(url: string, at?: Where): Promise<string> {
  const { where, host } = whereOf(url);
  const nonce = freshNonce();
  const key = keyOf(url);
  const { status, value } = await post(at ?? where, host, "/session", { key, nonce });
  const proof = createHmac("sha256", sha256(key)).update(`${nonce} ${host}`).digest("base64url");
  if (status !== 200 || value["proof"] !== proof) throw new Error(`no session: ${status}`);
  return String(value["token"]);
}

/** A WebSocket that has been upgraded, and has shown nothing yet. */
export async function openSocket(url: string, at?: Where): Promise<RawConnection> {
  const { where, host } = whereOf(url);
  const connection = await RawConnection.open(at ?? where);
  const answer = await connection.ask(requestBytes("GET", "/ws", [...goodLines(host), ...upgradeLines()]));
  if (answer.status !== 101) throw new Error(`no upgrade: ${answer.status}`);
  return connection;
}

interface PageAnswer<T> {
  readonly result?: T;
  readonly error?: { readonly message: string; readonly data?: { readonly code?: string } };
}

export class WebPage {
  readonly connection: RawConnection;
  readonly scope: Readonly<Record<string, unknown>>;
  #lastId = 0;

  private constructor(connection: RawConnection, scope: Readonly<Record<string, unknown>>) {
    this.connection = connection;
    this.scope = scope;
  }

  /** Shows its token and says hello. Throws `closed CODE`. */
  static async open(url: string, token: string, at?: Where): Promise<WebPage> {
    const connection = await openSocket(url, at);
    connection.text({ token });
    const first = await connection.message();
    if (first?.opcode !== 1)
      throw new Error(`closed ${first?.opcode === 8 ? first.payload.readUInt16BE(0) : 1006}`);
    const { scope } = JSON.parse(first.payload.toString()) as { scope: Record<string, unknown> };
    const page = new WebPage(connection, scope);
    await page.call("hello", { protocol: 1, client: "page" });
    return page;
  }

  /** One call and its answer; throws the error's code. */
  async call<T = Record<string, unknown>>(method: string, params: unknown = {}): Promise<T> {
    const answer = await this.ask<T>(method, params);
    if (answer.error !== undefined) throw new Error(answer.error.data?.code ?? "error");
    return answer.result as T;
  }

  /** The same with its error as it came. */
  ask<T>(method: string, params: unknown = {}): Promise<PageAnswer<T>> {
    this.connection.text({ jsonrpc: "2.0", id: ++this.#lastId, method, params });
    return this.connection.json<PageAnswer<T>>();
  }

  send(channel: number, payload: Uint8Array | string = ""): void {
    this.connection.frame(0x82, Buffer.concat([Buffer.of(channel), Buffer.from(payload as Uint8Array)]));
  }
}
