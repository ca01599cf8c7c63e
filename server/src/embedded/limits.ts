/** Bounds of the store. Above `pending` and `reads`, calls are refused as `overloaded` before anything is accepted. */
export interface StoreLimits {
  batchMaxCommands: number;
  batchMaxChars: number;
  pendingMaxCommands: number;
  pendingMaxChars: number;
  readsMaxWaiting: number;
}

export const STORE_LIMITS: StoreLimits = {
  batchMaxCommands: 1_024,
  batchMaxChars: 4 * 1024 * 1024,
  pendingMaxCommands: 20_000,
  pendingMaxChars: 32 * 1024 * 1024,
  readsMaxWaiting: 10_000,
};
