import type { Lifetime } from './daemon.js';
import type { Node } from './node.js';

/** A service that runs here, as one process or several. */
export interface Service {
  /** The settings by which Parley and its tests find it. */
  readonly env: Readonly<Record<string, string>>;
  /** The processes that run just now. */
  readonly pids: readonly number[];
  /** Its processes one by one, for faults. */
  readonly nodes: readonly Node[];
  /** Asks all to end, and resolves when they have. What they stored stays in the folder. */
  stop(): Promise<void>;
  /** Sends a signal to all; if it ends processes, resolves when they have ended. */
  kill(signal: NodeJS.Signals): Promise<void>;
  /** Stops what still runs and starts all, on the same data and addresses. Resolves when the service answers. */
  restart(): Promise<void>;
}

/** Where a service is kept, and for how long. */
export interface Place {
  /** Its data, logs and records. Made if there is none; with data of an earlier run it goes on with that. */
  folder: string;
  /** By default it ends with the process that started it. */
  lifetime?: Lifetime;
}

/** Puts together what runs and what is known of it. `ready` is asked after every start of the whole. */
export function serviceOf<T extends { env: Record<string, string> }>(
  facts: T,
  nodes: readonly Node[],
  ready: () => Promise<void> = async () => {},
): T & Service {
  const all = (act: (node: Node) => Promise<void>) => Promise.all(nodes.map(act)).then(() => {});
  const service: Omit<Service, 'env'> = {
    nodes,
    get pids() {
      return nodes.flatMap((node) => node.pids);
    },
    stop: () => all((node) => node.stop()),
    kill: (signal) => all((node) => node.kill(signal)),
    restart: async () => {
      await service.stop();
      // At once: nodes of a cluster wait for each other.
      await all((node) => node.start());
      await ready();
    },
  };
  return Object.assign(service, facts);
}
