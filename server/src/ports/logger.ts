/**
 * Structured lines for operators: ids and figures; never what people write, never a token, a password or a hash.
 * `error` is for faults of ours, `warn` for what an operator should look into, `info` for one line per thing done.
 */
export interface Logger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
  /** The same, with these fields on each line. */
  child(fields: object): Logger;
}
