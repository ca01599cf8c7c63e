import { afterAll, afterEach, beforeAll } from 'vitest';
import type { Environment } from '@parley/server';
import { Person } from './people.js';
import { startServer, type RunningServer } from './server.js';

/** One server for the stories of a file, with new people for each story. */
export interface Meeting {
  readonly server: RunningServer;
  /** Registers people, who leave at the end of the story. */
  meet: <const N extends string[]>(...names: N) => Promise<{ [K in keyof N]: Person }>;
}

export function meeting(env: Environment = {}): Meeting {
  let server: RunningServer | null = null;
  let present: Person[] = [];
  beforeAll(async () => {
    server = await startServer(env);
  });
  afterEach(async () => {
    await Promise.all(present.map((person) => person.leave()));
    present = [];
  });
  afterAll(() => server?.remove());
  const running = () => {
    if (server === null) throw new Error('the server starts with the first story');
    return server;
  };
  return {
    get server() {
      return running();
    },
    async meet<const N extends string[]>(...names: N) {
      const met = await Promise.all(names.map((name) => Person.register(running(), name)));
      present.push(...met);
      return met as { [K in keyof N]: Person };
    },
  };
}
