import { spawn, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { join as pathOf } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Ears, event, soon } from '../../ports/ears.contract.js';
import { Gate } from './gate.contract.js';
import type { RedisNode } from './open.js';
import { onEachRedis, onRedis, RedisPlace } from './temporary.contract.js';

onRedis('single', (_, { redis }) => {
  describe('Redis away', () => {
    const { at } = redis;
    if (at.kind !== 'single') throw new Error('a single Redis');
    let gate: Gate;
    let place: RedisPlace;
    const lost: string[] = [];
    beforeEach(async () => {
      gate = await Gate.to(at.url);
      place = new RedisPlace({ kind: 'single', url: gate.url });
      lost.length = 0;
    });
    afterEach(async () => {
      gate.open();
      await place.close();
      gate.close();
    });
    const server = async () => {
      const node: RedisNode = place.node({ onLost: () => lost.push(node.boot) });
      const ears = new Ears();
      node.relay.listen(ears);
      await node.start();
      return { node, ears };
    };

    it('D11 R10 away for longer than a lease: nobody is taken for dead, and all is as before', async () => {
      const [a, b] = [await server(), await server()];
      const users = Array.from({ length: 50 }, () => randomUUID());
      await Promise.all(users.map((user) => b.node.relay.here(user)));
      gate.shut();
      await soon(() => expect(a.node.isUp()).toBe(false));
      await expect(a.node.relay.forward(event(users, 'x'))).rejects.toThrow('no connection');
      const late = randomUUID();
      await b.node.relay.here(late);
      b.node.relay.gone(users[0] as string);
      await sleep(9_000);
      expect([a.node.lease.isHeld(), b.node.lease.isHeld()]).toEqual([false, false]);
      const doubts = b.ears.doubts;
      gate.open();
      await soon(async () => expect(await a.node.relay.forward(event([...users, late], 'again'))).toEqual([users[0]]));
      await soon(() => expect(b.ears.texts().at(-1)).toBe('again'));
      expect(b.ears.doubts).toBeGreaterThan(doubts);
      await sleep(6_000);
      expect(lost).toEqual([]);
    }, 40_000);

    it('D11 a Redis that answers nothing fails commands after two seconds at most, then at once', async () => {
      const [a] = [await server()];
      gate.stick();
      const asked = performance.now();
      await expect(a.node.relay.forward(event([randomUUID()], 'x'))).rejects.toThrow('cannot be read now');
      expect(performance.now() - asked).toBeLessThan(2_000);
      await soon(() => expect(a.node.isUp()).toBe(false));
      const askedAgain = performance.now();
      await expect(a.node.relay.forward(event([randomUUID()], 'x'))).rejects.toThrow('no connection');
      expect(performance.now() - askedAgain).toBeLessThan(20);
      const user = randomUUID();
      await a.node.relay.here(user);
      expect(performance.now() - asked).toBeLessThan(5_000);
      gate.open();
      const b = await server();
      await soon(async () => expect(await b.node.relay.forward(event([user], 'x'))).toEqual([]));
      await soon(() => expect(a.ears.texts()).toEqual(['x']));
    });

    it('D11 a server starts without Redis, and is there when Redis is', async () => {
      gate.shut();
      const started = performance.now();
      const a = await server();
      expect(performance.now() - started).toBeLessThan(5_000);
      const user = randomUUID();
      await a.node.relay.here(user);
      gate.open();
      const b = await server();
      await soon(async () => expect(await b.node.relay.forward(event([user], 'x'))).toEqual([]));
      await soon(() => expect(a.ears.texts()).toEqual(['x']));
    });
  });
});

onEachRedis((name, { redis }) => {
  describe(`a process that was stopped, on ${name}`, () => {
    const place = new RedisPlace(redis.at);
    const children: ChildProcess[] = [];
    afterAll(async () => {
      for (const child of children) child.kill('SIGKILL');
      await place.close();
    });

    it('R10 stopped for 15 s and resumed it finds itself reaped, and takes nothing that others have now', async () => {
      const user = randomUUID();
      const zombie = await startZombie(place, user);
      children.push(zombie.child);
      const [a, b] = [await joined(place), await joined(place)];
      await soon(async () => expect(await a.node.relay.forward(event([user], 'before'))).toEqual([]));
      await soon(() => expect(zombie.said).toContain('hint before'));
      zombie.child.kill('SIGSTOP');
      const stoppedAt = performance.now();
      for (let n = 0; n < 50; n++) await a.node.relay.forward(event([user], `${n}`));
      await b.node.relay.here(user);
      await soon(() => expect(b.ears.hints).toHaveLength(50), 12_000);
      expect(b.ears.texts()).toEqual(Array.from({ length: 50 }, (_, n) => `${n}`));
      await sleep(15_000 - (performance.now() - stoppedAt));
      zombie.child.kill('SIGCONT');
      await soon(() => expect(zombie.said).toContain('lost'));
      await sleep(1_000);
      expect(zombie.said.filter((line) => line.startsWith('hint'))).toEqual(['hint before']);
      expect(await a.node.relay.forward(event([user], 'then'))).toEqual([]);
      await soon(() => expect(b.ears.texts().at(-1)).toBe('then'));
    }, 40_000);
  });
});

async function joined(place: RedisPlace) {
  const node = place.node();
  const ears = new Ears();
  node.relay.listen(ears);
  await node.start();
  return { node, ears };
}

/** A server in a process of its own, with one user; what comes to it is what it says. */
async function startZombie(place: RedisPlace, user: string): Promise<{ child: ChildProcess; said: string[] }> {
  const dist = pathOf(import.meta.dirname, '../../../dist');
  const program = `
    const { openRedisNode } = await import(${JSON.stringify(pathOf(dist, 'cluster/redis/open.js'))});
    const { processRuntime } = await import(${JSON.stringify(pathOf(dist, 'host/runtime.js'))});
    const node = openRedisNode({ redis: ${JSON.stringify(place.redis)}, nodeId: 'zombie', hears: true,
      runtime: processRuntime, meter: { count() {} }, onLost: () => console.log('lost'), onError: () => {} });
    node.relay.listen({ hint: (hint) => console.log('hint ' + Buffer.from(hint.frame)), ephemeral() {}, notice() {},
      doubt: () => console.log('doubt') });
    await node.start();
    await node.relay.here(${JSON.stringify(user)});
    console.log('ready');`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], { stdio: ['ignore', 'pipe', 'inherit'] });
  const said: string[] = [];
  const lines = createInterface(child.stdout);
  lines.on('line', (line) => said.push(line));
  while (!said.includes('ready')) await once(lines, 'line');
  return { child, said };
}
