// Types single keys into a raw `cat` and measures how long each takes to come back.
import { randomInt } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import type { OuterTerminal } from "./outer-terminal.js";
import { printing } from "./prepare-session.js";

/** Bytes that do not occur in what multiplexers draw around a key. */
const KEYS = "#%&@=+~^";

export class EchoProbe {
  readonly #outer: OuterTerminal;
  #next = 0;

  private constructor(outer: OuterTerminal) {
    this.#outer = outer;
  }

  /** `outer` shows a prompt; from here on everything typed comes back once. */
  static async begin(outer: OuterTerminal): Promise<EchoProbe> {
    const ready = outer.seen("RAWREADY");
    outer.command(`stty raw -echo; ${printing("RAWREADY")}; cat`);
    await ready;
    await pause(200);
    return new EchoProbe(outer);
  }

  /** Milliseconds from typing one key to its echo. */
  async key(): Promise<number> {
    const key = KEYS[this.#next++ % KEYS.length] as string;
    const echo = this.#outer.seen(key);
    const began = performance.now();
    this.#outer.type(key);
    return (await echo) - began;
  }

  /** The same for somebody who types on, every 20 ms, while nothing comes back. */
  async keyAfterTrouble(): Promise<number> {
    const key = KEYS[this.#next++ % KEYS.length] as string;
    const echo = this.#outer.seen(key);
    const began = performance.now();
    const typing = setInterval(() => this.#outer.type(key), 20);
    try {
      return (await echo) - began;
    } finally {
      clearInterval(typing);
    }
  }

  /** The time between two keys: not a multiple of anybody's timer. */
  static gap(): Promise<void> {
    return pause(randomInt(2, 7));
  }
}
