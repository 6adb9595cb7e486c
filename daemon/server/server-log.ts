// What this folder needs of a log: fields and a fixed phrase. pino's Logger is one.

type Write = (fields: object, phrase: string) => void;

export interface ServerLog {
  readonly debug: Write;
  readonly info: Write;
  readonly warn: Write;
  readonly error: Write;
  child(fields: object): ServerLog;
}
