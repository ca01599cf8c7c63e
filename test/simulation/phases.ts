/* What there is of time in a run: the beginning, the talk with its faults, and what is given to come to rest. Milliseconds. */
export const LOAD_FROM_MS = 2_000;
export const HEAL_MS = 18_000;
export const LEAVE_MS = 26_000;
export const REST_MS = 42_000;
export const FRESH_MS = 5_000;
