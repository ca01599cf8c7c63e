import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { identityOf, isAlive, type ProcessIdentity } from './process-identity.js';
import { say } from './say.js';
import { pause } from './until.js';

const FILE = 'lock.json';
const LOOK_AGAIN_MS = 200;

/** Does something while no other process changes the services of this folder. Waits for the one that does. */
export async function alone<T>(folder: string, act: () => Promise<T>): Promise<T> {
  mkdirSync(folder, { recursive: true });
  const path = join(folder, FILE);
  for (let told = false; !take(path); told = true) {
    if (!told) say(`waiting for process ${holder(path)?.pid ?? '?'}, which changes the services in ${folder}`);
    await pause(LOOK_AGAIN_MS);
  }
  try {
    return await act();
  } finally {
    rmSync(path, { force: true });
  }
}

function take(path: string): boolean {
  const left = holder(path);
  if (left !== null && !isAlive(left)) rmSync(path, { force: true });
  // Written before it is there under its name: nobody sees half of it, whenever this process ends.
  const own = `${path}.${process.pid}`;
  writeFileSync(own, JSON.stringify(identityOf(process.pid)));
  try {
    linkSync(own, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    rmSync(own, { force: true });
  }
}

function holder(path: string): ProcessIdentity | null {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as ProcessIdentity;
  } catch {
    return null; // nobody
  }
}
