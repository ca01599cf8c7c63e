import type { Logger } from '../ports/logger.js';
import type { Runtime, Timer } from '../ports/runtime.js';
import type { Entry } from '../ports/log.js';
import type { Archive, ArchiveRange } from './archive.js';

const RETRY_MS = 2_000;

/**
 * The archive, which may not be there when the server starts: sending does not need it (D11). Until it is, writing and
 * reading fail, and are tried again by whoever wants them.
 */
export class LateArchive implements Archive {
  readonly #open: () => Promise<Archive>;
  readonly #runtime: Runtime;
  readonly #logger: Logger;
  #archive: Archive | null = null;
  #retry: Timer | null = null;
  #isClosed = false;

  /** `open` rejects while it cannot be reached. */
  constructor(open: () => Promise<Archive>, runtime: Runtime, logger: Logger) {
    this.#open = open;
    this.#runtime = runtime;
    this.#logger = logger;
  }

  /** Tries once, and if need be goes on in the background. */
  async start(): Promise<void> {
    try {
      const archive = await this.#open();
      if (this.#isClosed) return archive.close();
      this.#archive = archive;
    } catch (error) {
      if (this.#isClosed) return;
      this.#logger.warn({ err: error }, 'the archive cannot be reached; trying again');
      this.#retry = this.#runtime.after(RETRY_MS, () => void this.start());
    }
  }

  async write(entries: readonly Entry[]): Promise<void> {
    await this.#reached.write(entries);
  }

  async read(range: ArchiveRange & { limit: number; newestFirst: boolean }): Promise<Entry[]> {
    return this.#reached.read(range);
  }

  async check(): Promise<void> {
    await this.#reached.check();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#retry?.cancel();
    await this.#archive?.close();
  }

  get #reached(): Archive {
    if (this.#archive === null) throw new Error('the archive has not been reached yet');
    return this.#archive;
  }
}
