import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { rmSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { range, refusal } from '../ports/stage.contract.js';
import { openIn, temporaryDir } from './temporary.contract.js';

const DISK_MIB = 3;
const BALLAST_BYTES = 1024 * 1024;

/** A real, very small disk; null where this user may not mount one. */
async function smallDisk(): Promise<{ path: string; unmount(): Promise<void> } | null> {
  const path = await temporaryDir();
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${DISK_MIB}m`, 'tmpfs', path], { stdio: 'ignore' });
  } catch {
    await rm(path, { recursive: true });
    return null;
  }
  return {
    path,
    unmount: async () => {
      // Lazily: the port of SQLite lets go of a closed file only when its statements are collected.
      execFileSync('umount', ['--lazy', path]);
      await rm(path, { recursive: true });
    },
  };
}

it('R25 a full disk refuses what comes, keeps what was accepted, and takes sends again when there is room', async ({ skip }) => {
  const disk = await smallDisk();
  if (disk === null) {
    process.stdout.write('skipped: the full-disk test needs the right to mount a tmpfs\n');
    return skip();
  }
  const ballast = join(disk.path, 'ballast');
  writeFileSync(ballast, Buffer.alloc(BALLAST_BYTES));
  const stores = await openIn(join(disk.path, 'data'));
  const chat = (await stores.conversations.openDirect('a', 'b', randomUUID(), 1))?.id as string;
  const accepted: string[] = [];
  const send = async (content = 'x'.repeat(4_000)) => {
    const messageId = randomUUID();
    const result = await refusal(
      stores.log.append({ kind: 'send', conversationId: chat, senderId: 'a', messageId, content, clientId: messageId, at: 1 }),
    );
    if (result === 'accepted') accepted.push(messageId);
    return result;
  };

  let burst: string[] = [];
  while (!burst.includes('storage_full')) burst = await Promise.all(range(1, 100).map(() => send()));
  const firstRefused = burst.indexOf('storage_full');
  expect(burst.slice(firstRefused).every((result) => result === 'storage_full')).toBe(true);
  expect(await refusal(stores.accounts.setPassword('a', 'b'.repeat(100_000)))).toBe('accepted');
  while ((await send()) === 'accepted');
  const page = () => stores.log.page({ conversationId: chat, from: 1, to: 1e9, after: 0, limit: 10_000, maxBytes: 1e9 });
  expect((await page()).entries.map((entry) => entry.messageId)).toEqual(accepted);

  rmSync(ballast);
  expect(await Promise.all(range(1, 20).map(() => send()))).toEqual(Array.from({ length: 20 }, () => 'accepted'));
  await stores.maintenance.check();
  await stores.close();

  const reopened = await openIn(join(disk.path, 'data'));
  const log = (await reopened.log.page({ conversationId: chat, from: 1, to: 1e9, after: 0, limit: 10_000, maxBytes: 1e9 }))
    .entries;
  expect(log.map((entry) => entry.messageId)).toEqual(accepted);
  expect(log.map((entry) => entry.seq)).toEqual(range(1, accepted.length));
  await reopened.close();
  await disk.unmount();
});
