import { DatabaseError } from 'pg';
import { AppendRefused } from '../../ports/log.js';

/**
 * What went wrong with a call. Only for `lost` it is not known whether it was committed; all else was rolled back.
 * `busy` passes by itself; `statement` is the call's own fault.
 */
export type Trouble = 'lost' | 'full' | 'readonly' | 'busy' | 'no_partition' | 'statement';

/** By SQLSTATE; what has none comes from the connection. */
export function troubleOf(error: unknown): Trouble {
  if (!(error instanceof DatabaseError) || error.code === undefined) return 'lost';
  switch (error.code) {
    case '53100':
      return 'full';
    case '25006':
      return 'readonly';
    case '23514':
      // A row without a partition; nothing here has CHECK constraints of its own.
      return 'no_partition';
    case '40001': // serialization failure
    case '40P01': // deadlock
    case '53200': // out of memory
    case '53400': // configuration limit
    case '55P03': // lock timeout
    case '57014': // statement timeout
      return 'busy';
  }
  const isConnection = /^(08|57P|53300|28)/.test(error.code);
  return isConnection ? 'lost' : 'statement';
}

/** The refusal that trouble of the store itself is answered with; null: the call was at fault. */
export function refusalOf(trouble: Trouble): AppendRefused | null {
  switch (trouble) {
    case 'full':
      return new AppendRefused('storage_full');
    case 'readonly':
      return new AppendRefused('storage_readonly');
    case 'lost':
    case 'busy':
    case 'no_partition':
      return new AppendRefused('overloaded');
    case 'statement':
      return null;
  }
}
