// Medians, percentiles and how they are written.

/** The p-th percentile (0..100), by nearest rank. */
export function percentile(values: readonly number[], p: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil((p / 100) * sorted.length) - 1)] ?? Number.NaN;
}

export function median(values: readonly number[]): number {
  return percentile(values, 50);
}

/** Three significant digits, and no exponent. */
export function figure(value: number): string {
  if (!Number.isFinite(value)) return "–";
  if (Math.abs(value) >= 100) return Math.round(value).toLocaleString("en-US");
  return String(Number(value.toPrecision(3)));
}

/** One value of a series per contender, in the order they were measured. */
export class Samples {
  readonly #values = new Map<string, number[]>();

  add(contender: string, value: number): void {
    const values = this.#values.get(contender);
    if (values === undefined) this.#values.set(contender, [value]);
    else values.push(value);
  }

  of(contender: string): readonly number[] {
    return this.#values.get(contender) ?? [];
  }

  get contenders(): readonly string[] {
    return [...this.#values.keys()];
  }

  median(contender: string): number {
    return median(this.of(contender));
  }

  percentile(contender: string, p: number): number {
    return percentile(this.of(contender), p);
  }
}
