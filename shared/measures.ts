// Durations and amounts of bytes as people read them; the same words in a terminal and in a browser.

/** Two units at most: `850ms` is `0s`, then `42s`, `2m5s`, `2h13m`, `3d4h`. */
export function formatDuration(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < 60) return `${seconds}s`;
  if (seconds < 3600) return twoUnits(seconds, 60, "m", 1, "s");
  if (seconds < 86_400) return twoUnits(seconds, 3600, "h", 60, "m");
  return twoUnits(seconds, 86_400, "d", 3600, "h");
}

function twoUnits(seconds: number, size: number, unit: string, nextSize: number, next: string): string {
  const rest = Math.floor((seconds % size) / nextSize);
  return `${Math.floor(seconds / size)}${unit}${rest === 0 ? "" : `${rest}${next}`}`;
}

/** Bytes in units of 1024 with one digit: `512 B`, `3.4 MiB`. */
export function formatBytes(bytes: number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let value = bytes;
  let unit = 0;
  while (value >= 1023.95 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  return unit === 0 ? `${bytes} B` : `${value.toFixed(1)} ${units[unit]}`;
}
