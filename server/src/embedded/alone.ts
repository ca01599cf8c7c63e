import type { Relay } from '../ports/relay.js';

/** The relay of a server that is alone: nobody is connected elsewhere. */
export const alone: Relay = {
  here() {},
  absent: (userIds) => userIds,
};
