import { openRedisNode } from '../../../server/src/cluster/redis/open.js';
import { processRuntime } from '../../../server/src/host/runtime.js';
import { presenceBoardContract } from '../../../server/src/ports/presence-board.contract.js';
import { relayContract } from '../../../server/src/ports/relay.contract.js';
import { Chance } from '../chance.js';
import { EPOCH, machineTime } from '../time.js';
import { immortal, silentMeter } from './immortal.js';
import { RedisModel } from './redis.js';

/** Servers on one model, in the machine's own time: everything above the client is real. */
class Place {
  readonly #model = new RedisModel(machineTime, new Chance(1), {
    minLatencyMs: 0,
    maxLatencyMs: 0.1,
    clockOffMs: Date.now() - EPOCH - machineTime.now(),
  });
  #nodes = 0;

  node() {
    this.#nodes += 1;
    return openRedisNode({
      redis: { at: { kind: 'single', url: '' }, user: null, password: null, tls: null, prefix: '' },
      nodeId: `n${this.#nodes}`,
      hears: true,
      runtime: processRuntime,
      meter: silentMeter,
      openClient: this.#model.open(immortal),
      onLost: () => undefined,
      onError: () => undefined,
    });
  }

  loseEverything(): Promise<void> {
    this.#model.flushAll();
    return Promise.resolve();
  }
}

relayContract('the model of Redis', () => {
  const place = new Place();
  return Promise.resolve({
    join: async (listener) => {
      const node = place.node();
      node.relay.listen(listener);
      await node.start();
      return { relay: node.relay, kill: () => node.abandon(), close: () => node.close() };
    },
    loseEverything: () => place.loseEverything(),
    close: () => Promise.resolve(),
  });
});

presenceBoardContract('the model of Redis', () => {
  const place = new Place();
  return Promise.resolve({
    join: async (changed) => {
      const node = place.node();
      node.board.listen(changed);
      await node.start();
      return { board: node.board, kill: () => node.abandon(), close: () => node.close() };
    },
    loseEverything: () => place.loseEverything(),
    close: () => Promise.resolve(),
  });
});
