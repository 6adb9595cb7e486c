// A host of the browser's own machine, as its address bar shows it at the other end of `ssh -L`.

const AS = /^(?:localhost|127\.0\.0\.1|\[::1\]):([1-9]\d{0,4})$/;

/** Whether `text` is one, with its port, such as `localhost:8080`. */
export function isForwardedHost(text: string): boolean {
  return Number(AS.exec(text)?.[1] ?? 0) <= 65_535 && AS.test(text);
}
