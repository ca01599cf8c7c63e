import { relayContract, type RelayCluster } from '../../ports/relay.contract.js';
import { onEachRedis, RedisPlace } from './temporary.contract.js';

onEachRedis((name, { redis }) => {
  relayContract(name, async (): Promise<RelayCluster> => {
    const place = new RedisPlace(redis.at);
    return {
      join: async (listener) => {
        const node = place.node();
        node.relay.listen(listener);
        await node.start();
        return { relay: node.relay, kill: () => node.abandon(), close: () => node.close() };
      },
      loseEverything: () => place.flush(),
      close: () => place.close(),
    };
  });
});
