import { mkdirSync } from 'node:fs';
import { Daemon, logTail, type Launch } from './daemon.js';
import { mustBeFree } from './port.js';
import { pause, until } from './until.js';

/** How one process of a service is started, and when it counts as up. */
export interface Recipe extends Launch {
  /** Taken on this address; looked at first, because services say it late or not at all. */
  listens: readonly { host: string; port: number }[];
  /** Done before each start, such as tidying up after one that was killed. */
  before?: () => Promise<void>;
  /** Throws until it answers a query. */
  answers: () => Promise<void>;
  withinMs: number;
  /** Words in the log that say: it could not start just now, but will a little later. */
  later?: RegExp;
}

const LATER_MS = 250;

/** One process of a service: starts, can be killed, and starts again on the same folder and ports. */
export class Node {
  readonly #recipe: Recipe;
  #daemon: Daemon | null = null;

  private constructor(recipe: Recipe) {
    this.#recipe = recipe;
  }

  /** Resolves when it answers. */
  static async start(recipe: Recipe): Promise<Node> {
    mkdirSync(recipe.folder, { recursive: true });
    const node = new Node(recipe);
    try {
      await node.start();
    } catch (error) {
      await node.#daemon?.end();
      throw error;
    }
    return node;
  }

  /** Starts several at once; if one fails, none is left. */
  static async startAll(recipes: readonly Recipe[]): Promise<Node[]> {
    const started = await Promise.allSettled(recipes.map((recipe) => Node.start(recipe)));
    const nodes = started.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
    const failed = started.find((result) => result.status === 'rejected');
    if (failed === undefined) return nodes;
    await Promise.all(nodes.map(async (node) => node.#daemon?.end()));
    throw failed.reason;
  }

  get pids(): number[] {
    return this.#daemon?.alive === true ? [this.#daemon.pid] : [];
  }

  async start(): Promise<void> {
    const { listens, name, withinMs } = this.#recipe;
    for (const { host, port } of listens) await mustBeFree(name, port, host);
    await this.#recipe.before?.();
    const deadline = performance.now() + withinMs;
    for (;;) {
      this.#daemon = await Daemon.launch(this.#recipe);
      try {
        await this.#answered(Math.max(0, deadline - performance.now()));
        return;
      } catch (error) {
        const again = this.#recipe.later?.test(logTail(this.#recipe.folder)) ?? false;
        if (!again || this.#daemon.alive || performance.now() > deadline) throw error;
      }
      await pause(LATER_MS);
    }
  }

  async stop(): Promise<void> {
    await this.#daemon?.stop();
  }

  async kill(signal: NodeJS.Signals): Promise<void> {
    await this.#daemon?.kill(signal);
  }

  async restart(): Promise<void> {
    await this.stop();
    await this.start();
  }

  async #answered(withinMs: number): Promise<void> {
    const { name, folder, answers } = this.#recipe;
    const giveUp = () => {
      if (this.#daemon?.alive === false) throw new Error(`${name} ended before it was up${logTail(folder)}`);
    };
    await until({ what: `${name} answers`, withinMs, giveUp, evidence: () => logTail(folder) }, answers);
    giveUp(); // what answered may be another program on that port
  }
}
