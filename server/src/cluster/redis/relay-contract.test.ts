import { relayContract, type RelayCluster } from '../../ports/relay.contract.js';
import { onEachRedis, RedisPlace } from './temporary.contract.js';

onEachRedis((name, { settings }) => {
  relayContract(name, async (): Promise<RelayCluster> => {
    const place = new RedisPlace(settings.address);
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
