import { presenceBoardContract, type BoardCluster } from '../../ports/presence-board.contract.js';
import { onEachRedis, RedisPlace } from './temporary.contract.js';

onEachRedis((name, { redis }) => {
  presenceBoardContract(name, async (): Promise<BoardCluster> => {
    const place = new RedisPlace(redis.at);
    return {
      join: async (changed) => {
        const node = place.node();
        node.board.listen(changed);
        await node.start();
        return { board: node.board, kill: () => node.abandon(), close: () => node.close() };
      },
      loseEverything: () => place.flush(),
      close: () => place.close(),
    };
  });
});
