import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { FileOutbox } from '../node.js';

/** A sign-in that outlives the program. */
export interface RememberedSession {
  url: string;
  username: string;
  userId: string;
  token: string;
  expiresAt: number;
}

/** What a terminal client keeps on disk: unsent messages, and the session if that was asked for. */
export class StateFolder {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  /** The user's outbox; null if another terminal has it. */
  async outbox(userId: string): Promise<FileOutbox | null> {
    const outbox = new FileOutbox(join(this.#path, `outbox-${userId}.jsonl`));
    try {
      await outbox.list();
      return outbox;
    } catch (error) {
      if (error instanceof Error && error.message.includes('is in use')) return null;
      throw error;
    }
  }

  /** The session on this server that was remembered last and still holds; of this user, if one is named. */
  async session(url: string, username: string | undefined, now: number): Promise<RememberedSession | null> {
    const session = await readFile(this.#sessionPath, 'utf8').then(parsed, () => null);
    if (session === null || session.url !== url || session.expiresAt <= now) return null;
    return username === undefined || username.toLowerCase() === session.username.toLowerCase() ? session : null;
  }

  /** Anybody who reads the file can act as the user: it is for its owner only. */
  async remember(session: RememberedSession): Promise<void> {
    await mkdir(this.#path, { recursive: true, mode: 0o700 });
    await rm(this.#sessionPath, { force: true });
    await writeFile(this.#sessionPath, `${JSON.stringify(session)}\n`, { mode: 0o600 });
  }

  async forget(): Promise<void> {
    await rm(this.#sessionPath, { force: true });
  }

  get #sessionPath(): string {
    return join(this.#path, 'session.json');
  }
}

function parsed(text: string): RememberedSession | null {
  try {
    const value = JSON.parse(text) as Partial<RememberedSession> | null;
    const strings = [value?.url, value?.username, value?.userId, value?.token];
    const isWhole = strings.every((field) => typeof field === 'string') && typeof value?.expiresAt === 'number';
    return isWhole ? (value as RememberedSession) : null;
  } catch {
    return null;
  }
}
