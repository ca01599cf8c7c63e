import type { EventOf } from '@parley/protocol';

/** Asks a device to read its inbox again: something that is in no log may have passed it by. */
export const RESYNC: EventOf<'INFO'> = {
  type: 'INFO',
  code: 'resync',
  message: 'Something may have been missed; read the inbox again.',
};
