// Whether the upstream should wait: for the screen, or for clients that want every byte.

/** Invariant: told at each change of the whole, never twice the same. */
export class Pressure {
  readonly #high = new Set<"screen" | "clients">();
  readonly #onChange: (high: boolean) => void;

  constructor(onChange: (high: boolean) => void) {
    this.#onChange = onChange;
  }

  set(source: "screen" | "clients", high: boolean): void {
    const before = this.#high.size > 0;
    if (high) this.#high.add(source);
    else this.#high.delete(source);
    const after = this.#high.size > 0;
    if (after !== before) this.#onChange(after);
  }
}
