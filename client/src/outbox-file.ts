import { mkdir, open, readFile, rename, rm, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { ParleyError } from './errors.js';
import { inOrder, type OutboxStore, type StoredMessage } from './outbox-store.js';

type Line = { readonly put: StoredMessage } | { readonly remove: string };

interface Write {
  line: Line;
  resolve: () => void;
  reject: (error: unknown) => void;
}

/** Once there are this many lines of messages that are gone, the file is written anew. */
const DEAD_LINES_MAX = 1_000;

/**
 * Keeps messages in a file: one JSON line for each that is put or removed, on disk (fsync) before the promise resolves;
 * calls made while one is being written share the next fsync. A line that a crash cut off is ignored, for its promise
 * never resolved; the file is replaced by rename, never overwritten.
 *
 * One process at a time may have the file: a second one is refused with a ParleyError `outbox_failed` that names the
 * first. Reads on the first call; `close()` lets the file go.
 *
 * @example
 * const client = createClient({ token, chatUrl, outbox: new FileOutbox('/home/ann/.parley/outbox-ann.jsonl') });
 */
export class FileOutbox implements OutboxStore {
  readonly #path: string;
  readonly #messages = new Map<string, StoredMessage>();
  #opening: Promise<void> | null = null;
  #file: FileHandle | null = null;
  #waiting: Write[] = [];
  #writing: Promise<void> | null = null;
  #deadLines = 0;

  constructor(path: string) {
    this.#path = path;
  }

  async put(message: StoredMessage): Promise<void> {
    await this.#write({ put: message });
  }

  async remove(clientMessageId: string): Promise<void> {
    await this.#write({ remove: clientMessageId });
  }

  async list(): Promise<StoredMessage[]> {
    await this.#open();
    return inOrder([...this.#messages.values()]);
  }

  /** Waits for what is being written, and lets the file go. Nothing can be put afterwards until the next `list`. */
  async close(): Promise<void> {
    await this.#opening?.catch(() => undefined);
    await this.#writing;
    if (this.#file === null) return;
    await this.#file.close();
    this.#file = null;
    this.#opening = null;
    await unlock(this.#lockPath);
  }

  get #lockPath(): string {
    return `${this.#path}.lock`;
  }

  #open(): Promise<void> {
    this.#opening ??= this.#openOnce().catch((error: unknown) => {
      this.#opening = null;
      throw error;
    });
    return this.#opening;
  }

  async #openOnce(): Promise<void> {
    await mkdir(dirname(this.#path), { recursive: true, mode: 0o700 });
    await lock(this.#lockPath);
    try {
      this.#messages.clear();
      for (const line of await readLines(this.#path)) this.#apply(line);
      await this.#rewrite();
    } catch (error) {
      await unlock(this.#lockPath);
      throw error;
    }
  }

  async #write(line: Line): Promise<void> {
    await this.#open();
    await new Promise<void>((resolve, reject) => {
      this.#waiting.push({ line, resolve, reject });
      this.#writing ??= this.#writeAll().finally(() => (this.#writing = null));
    });
  }

  async #writeAll(): Promise<void> {
    while (this.#waiting.length > 0) {
      const writes = this.#waiting;
      this.#waiting = [];
      try {
        await this.#append(writes.map(({ line }) => line));
        for (const { resolve } of writes) resolve();
      } catch (error) {
        for (const { reject } of writes) reject(error);
      }
    }
  }

  async #append(lines: Line[]): Promise<void> {
    // After a failed write nobody knows what of it is in the file: it is written anew first.
    if (this.#file === null) await this.#rewrite();
    const file = this.#file;
    if (file === null) throw new Error(`${this.#path} is closed`);
    try {
      await file.appendFile(lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
      await file.datasync();
    } catch (error) {
      this.#file = null;
      await file.close().catch(() => undefined);
      throw error;
    }
    for (const line of lines) this.#apply(line);
    if (this.#deadLines > DEAD_LINES_MAX) await this.#rewrite();
  }

  #apply(line: Line): void {
    if ('put' in line) {
      if (this.#messages.has(line.put.clientMessageId)) this.#deadLines += 1;
      this.#messages.set(line.put.clientMessageId, line.put);
    } else {
      this.#deadLines += this.#messages.delete(line.remove) ? 2 : 1;
    }
  }

  /** Writes what is kept into a new file, and puts that in place of the old one. */
  async #rewrite(): Promise<void> {
    const next = `${this.#path}.next`;
    const file = await open(next, 'w', 0o600);
    try {
      for (const message of this.#messages.values()) await file.appendFile(`${JSON.stringify({ put: message })}\n`);
      await file.sync();
      await rename(next, this.#path);
      await syncDirectory(dirname(this.#path));
    } catch (error) {
      await file.close();
      throw error;
    }
    // The handle follows the file to its new name.
    await this.#file?.close();
    this.#file = file;
    this.#deadLines = 0;
  }
}

async function readLines(path: string): Promise<Line[]> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '';
    throw error;
  });
  return text.split('\n').flatMap((line) => lineOf(line) ?? []);
}

/** Null: not a whole line. */
function lineOf(text: string): Line | null {
  try {
    const line = JSON.parse(text) as Partial<{ put: Partial<StoredMessage>; remove: string }> | null;
    if (typeof line?.remove === 'string') return { remove: line.remove };
    const put = line?.put;
    const isWhole = typeof put?.clientMessageId === 'string' && typeof put.content === 'string' && put.target !== undefined;
    return isWhole ? { put: put as StoredMessage } : null;
  } catch {
    return null;
  }
}

/** Locks that this process has. */
const heldHere = new Set<string>();

async function lock(path: string): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    try {
      const file = await open(path, 'wx', 0o600);
      await file.writeFile(String(process.pid));
      await file.close();
      heldHere.add(path);
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      const owner = Number(await readFile(path, 'utf8').catch(() => ''));
      if (attempt > 0 || (owner !== 0 && isHeld(path, owner))) {
        throw new ParleyError('outbox_failed', `the outbox is in use by process ${owner} (${path})`, { cause: error });
      }
      // Its process is gone without having closed it.
      await rm(path, { force: true });
    }
  }
}

async function unlock(path: string): Promise<void> {
  heldHere.delete(path);
  await rm(path, { force: true });
}

function isHeld(path: string, pid: number): boolean {
  // In a container every run may have the same id: a lock of one's own that is not known here is of an earlier run.
  if (pid === process.pid) return heldHere.has(path);
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

async function syncDirectory(path: string): Promise<void> {
  // Not every platform can sync a directory; where it cannot, the rename is as safe as it gets.
  const directory = await open(path, 'r').catch(() => null);
  await directory?.sync().catch(() => undefined);
  await directory?.close();
}
