import { createHash } from 'node:crypto';
import { chownSync, mkdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';

export interface User {
  uid: number;
  gid: number;
}

/** Tried in this order. */
const ORDINARY_USERS = ['postgres', 'nobody'];
const OTHERS_MAY_PASS = 0o001;

/** Whom to run as what refuses root; undefined: as oneself, who is not root. */
export function unprivilegedUser(): User | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const lines = readFileSync('/etc/passwd', 'utf8').split('\n');
  for (const name of ORDINARY_USERS) {
    const [, , uid, gid] = lines.find((line) => line.startsWith(`${name}:`))?.split(':') ?? [];
    if (uid !== undefined && gid !== undefined) return { uid: Number(uid), gid: Number(gid) };
  }
  throw new Error(`root may not run this service, and there is neither a user ${ORDINARY_USERS.join(' nor a user ')}`);
}

/**
 * A folder that this user owns and can reach: the wanted one, or, if it lies in a folder that is closed to others (such
 * as root's home), one that stands for it in /var/tmp.
 */
export function folderFor(user: User | undefined, wanted: string): string {
  if (user === undefined) {
    mkdirSync(wanted, { recursive: true, mode: 0o700 });
    return wanted;
  }
  mkdirSync(wanted, { recursive: true });
  const folder = canReach(dirname(wanted)) ? wanted : makeStandIn(user, wanted);
  chownSync(folder, user.uid, user.gid);
  return folder;
}

function canReach(folder: string): boolean {
  if ((statSync(folder).mode & OTHERS_MAY_PASS) === 0) return false;
  return dirname(folder) === folder || canReach(dirname(folder));
}

function makeStandIn(user: User, wanted: string): string {
  const folder = standInFor(wanted);
  mkdirSync(folder, { recursive: true });
  // Anybody may make folders there.
  if (![0, user.uid].includes(statSync(folder).uid)) throw new Error(`${folder} belongs to somebody else: delete it`);
  return folder;
}

/** Where the data is if the wanted folder cannot be reached by the user that the service runs as. */
export function standInFor(wanted: string): string {
  return join('/var/tmp', `parley-${createHash('sha256').update(wanted).digest('hex').slice(0, 12)}`);
}
