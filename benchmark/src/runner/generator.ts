import { fork, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import type { FromGenerator, LoadReport, Plan, ToGenerator } from '../generator/plan.js';
import type { Progress } from './progress.js';

const ENTRY = join(import.meta.dirname, '../generator/main.js');

type MessageOf<T extends FromGenerator['type']> = Extract<FromGenerator, { type: T }>;

/** The generator process, from outside. */
export class Generator {
  readonly #child: ChildProcess;
  readonly #waiting = new Map<FromGenerator['type'], (message: FromGenerator) => void>();
  readonly #progress: Progress;
  #failure: Error | null = null;
  #fail: ((error: Error) => void)[] = [];

  private constructor(child: ChildProcess, progress: Progress) {
    this.#child = child;
    this.#progress = progress;
    child.on('message', (message: FromGenerator) => this.#received(message));
    child.on('exit', (code) => this.#failed(new Error(`the generator ended with ${code}`)));
  }

  /** Starts one, and opens the plan's connections. */
  static async open(plan: Plan, progress: Progress): Promise<{ generator: Generator; connectMs: number }> {
    const generator = new Generator(fork(ENTRY, { serialization: 'advanced' }), progress);
    const connected = generator.#next('connected');
    generator.#send({ type: 'plan', plan });
    return { generator, connectMs: (await connected).ms };
  }

  /** Runs the load; calls back at the two ends of the measured window. */
  async run(window: { begin(): Promise<void>; end(): Promise<void> }): Promise<LoadReport> {
    const report = this.#next('report');
    const begun = this.#next('measuring').then(() => window.begin());
    const ended = this.#next('measured').then(() => window.end());
    this.#send({ type: 'go' });
    await Promise.all([begun, ended]);
    return this.#finish(report);
  }

  /** Ends a load that only held connections. */
  async stop(): Promise<LoadReport> {
    const report = this.#next('report');
    this.#send({ type: 'stop' });
    return this.#finish(report);
  }

  async #finish(report: Promise<MessageOf<'report'>>): Promise<LoadReport> {
    const { report: result } = await report;
    this.#child.removeAllListeners('exit');
    this.#child.disconnect();
    return result;
  }

  #send(message: ToGenerator): void {
    this.#child.send(message);
  }

  #next<T extends FromGenerator['type']>(type: T): Promise<MessageOf<T>> {
    if (this.#failure !== null) return Promise.reject(this.#failure);
    return new Promise((resolve, reject) => {
      this.#waiting.set(type, (message) => resolve(message as MessageOf<T>));
      this.#fail.push(reject);
    });
  }

  #received(message: FromGenerator): void {
    switch (message.type) {
      case 'connecting':
        return this.#progress.now(`${message.done} connected`);
      case 'progress':
        return this.#progress.now(`${message.acknowledged} acknowledged, ${message.delivered} delivered`);
      case 'failed':
        return this.#failed(new Error(`the generator failed: ${message.message}`));
      case 'connected':
      case 'measuring':
      case 'measured':
      case 'report':
        return this.#waiting.get(message.type)?.(message);
    }
  }

  #failed(error: Error): void {
    this.#failure ??= error;
    for (const reject of this.#fail) reject(this.#failure);
    this.#fail = [];
  }
}
