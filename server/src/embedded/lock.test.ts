import { spawnSync } from 'node:child_process';
import { rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openIn, temporaryDir } from './temporary.contract.js';

const TAKE = `
  import { DirectoryLock } from ${JSON.stringify(new URL('../../dist/embedded/lock.js', import.meta.url).href)};
  await DirectoryLock.take(process.argv[1]);
  console.log('taken');
`;
const takeElsewhere = (dataDir: string) => {
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', TAKE, dataDir], { encoding: 'utf8' });
  return stdout + stderr;
};

it('R25 a second process refuses to start with a clear word, until the first has closed', async () => {
  const dataDir = await temporaryDir();
  const stores = await openIn(dataDir);
  expect(takeElsewhere(dataDir)).toContain(`DATA_DIR ${dataDir} is in use by another Parley process`);
  await stores.close();
  expect(takeElsewhere(dataDir)).toBe('taken\n');
  await rm(dataDir, { recursive: true });
});

it('R25 so does a second store in the same process, and it does not free the first one’s lock', async () => {
  const dataDir = await temporaryDir();
  const stores = await openIn(dataDir);
  await expect(openIn(dataDir)).rejects.toThrow(`DATA_DIR ${dataDir} is in use`);
  expect(takeElsewhere(dataDir)).toContain('is in use');
  await stores.close();
  await rm(dataDir, { recursive: true });
});

it('the data directory is made for its owner only', async () => {
  const parent = await temporaryDir();
  const dataDir = join(parent, 'made', 'here');
  const stores = await openIn(dataDir);
  expect((await stat(dataDir)).mode & 0o777).toBe(0o700);
  await stores.close();
  await rm(parent, { recursive: true });
});
