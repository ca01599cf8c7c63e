import type { Logger } from '../../ports/logger.js';
import type { Connections, Statement } from './connections.js';

const SETTINGS: Statement = {
  name: 'durability',
  text: `SELECT current_setting('fsync'), current_setting('full_page_writes'), current_setting('synchronous_standby_names'),
    (SELECT count(*) FROM pg_stat_replication)`,
};
type SettingsRow = [fsync: string, fullPageWrites: string, synchronousStandbys: string, standbys: number];

/** Says at start what PostgreSQL is not set to keep: D1 holds as far as its own commits do. */
export async function warnIfNotDurable(connections: Connections, logger: Logger): Promise<void> {
  const row = await connections.row<SettingsRow>(SETTINGS, []);
  if (row === undefined) return;
  const [fsync, fullPageWrites, synchronousStandbys, standbys] = row;
  if (fsync !== 'on' || fullPageWrites !== 'on') {
    logger.warn({ fsync, fullPageWrites }, 'PostgreSQL does not keep commits over a power failure');
  }
  if (standbys > 0 && synchronousStandbys === '') {
    logger.warn({ standbys }, 'no standby of PostgreSQL is synchronous: a failover may lose what was acknowledged');
  }
}
