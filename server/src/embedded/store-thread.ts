import { Worker } from 'node:worker_threads';
import type { FromReader, FromWriter, ThreadData, ToReader, ToWriter } from './commands.js';

type Message = FromReader | FromWriter;

/** Old space bounds a leak; a small young space keeps an idle thread small. */
const HEAP = { maxOldGenerationSizeMb: 128, maxYoungGenerationSizeMb: 4 };

/** A worker thread with the store open. When it dies before it is closed, the store has failed. */
export class StoreThread {
  /** Resolves when the thread has ended, for whatever reason. */
  readonly exited: Promise<void>;
  readonly #worker: Worker;
  readonly #onFatal: (error: Error) => void;
  #failed: Error | null = null;
  #closing = false;

  private constructor(worker: Worker, onFatal: (error: Error) => void) {
    this.#worker = worker;
    this.#onFatal = onFatal;
    this.exited = new Promise((resolve) => worker.once('exit', () => resolve()));
    worker.on('error', (error) => this.#fail(error));
    worker.on('messageerror', (error) => this.#fail(error));
    worker.once('exit', () => this.#fail(new Error('a thread of the store ended')));
  }

  /** Resolves when the thread has the file open. Threads run compiled code, also when this file runs as TypeScript. */
  static async start(
    file: 'writer-thread' | 'reader-thread',
    data: ThreadData,
    onFatal: (error: Error) => void,
  ): Promise<StoreThread> {
    const worker = new Worker(new URL(`../../dist/embedded/${file}.js`, import.meta.url), {
      workerData: data,
      resourceLimits: HEAP,
      // What the process was started with (a debugger, a loader, code on the command line) is not for its threads.
      execArgv: [],
    });
    await new Promise<void>((resolve, reject) => {
      worker.once('message', () => {
        worker.off('error', reject);
        resolve();
      });
      worker.once('error', reject);
    });
    return new StoreThread(worker, onFatal);
  }

  /** Why nothing will be answered any more, if so. */
  get failed(): Error | null {
    return this.#failed;
  }

  onMessage<M extends Message>(handle: (message: M) => void): void {
    this.#worker.on('message', handle);
  }

  post(message: ToReader | ToWriter): void {
    this.#worker.postMessage(message);
  }

  /** Resolves when the thread has closed the file and ended. */
  async close(): Promise<void> {
    this.#closing = true;
    if (this.#failed === null) this.post('close');
    await this.exited;
  }

  #fail(error: Error): void {
    if (this.#closing || this.#failed !== null) return;
    this.#failed = error;
    this.#onFatal(error);
  }
}
