import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { chatOf, pairOn, talking, type Pair } from '../world/pair.js';
import { agreesWithFresh, shown, shows } from '../world/people.js';
import { spawnServers } from '../world/process.js';
import { freePorts } from '../world/server.js';
import { until } from '../world/until.js';

/* Of each pair one is on a server that stops itself at one step of a message's way, the other on one that does not. */

const OF_THE_SENDER = ['before the commit', 'after the commit', 'after the hint'];
const OF_THE_RECEIVER = ['before the hand-over', 'after the hand-over'];
const STEPS = [...OF_THE_SENDER, ...OF_THE_RECEIVER];
const STOP_AFTER = '30';
const ASLEEP_MS = 15_000;
const EVERY_MS = 60;

interface Story {
  step: string;
  pair: Pair;
  /** Starts the one that stopped again, without a step to stop at. */
  again: () => Promise<void>;
  isStopped: () => boolean;
  goOn: () => void;
}

async function stories(signal: NodeJS.Signals): Promise<Story[]> {
  const ports = await Promise.all(STEPS.map(() => freePorts()));
  const stopping = STEPS.map((step, n) => ({ ...ports[n], STOP_AT: step, STOP_WITH: signal, STOP_AFTER }));
  const servers = await spawnServers({}, ...stopping);
  const well = servers.nodes[0];
  return Promise.all(
    STEPS.map(async (step, n) => {
      const ill = servers.nodes[n + 1];
      if (well === undefined || ill === undefined) throw new Error('a server is missing');
      const nodes = OF_THE_SENDER.includes(step) ? [ill, well] : [well, ill];
      const pair = await pairOn({ addresses: well, nodes });
      return {
        step,
        pair,
        again: async () => void (await servers.spawn({ ...ports[n], NODE_ID: `node-${n + 2}` })),
        isStopped: () => existsSync(join(servers.dataDir, `stopped-${step}`)),
        goOn: () => servers.processes[n + 1]?.child.kill('SIGCONT'),
      };
    }),
  );
}

/** They talk, one server stops and comes back, and both have everything that was said, once and in order. */
async function tell({ step, pair, isStopped }: Story, comesBack: () => Promise<void>): Promise<void> {
  const arrivals: string[] = [];
  pair.bobs.on('message', ({ message }) => arrivals.push(message.content));
  const talk = talking(pair, EVERY_MS);
  await until(`a server stops ${step}`, isStopped);
  await comesBack();
  const toldBy = shown(chatOf(pair)).length;
  await until(`they talk again after ${step}`, () => shown(chatOf(pair)).length > toldBy + 20, 20_000);
  const said = await talk.stop();
  await shows(pair.bobs, () => chatOf(pair), said);
  expect(shown(pair.anns.chatWith(pair.bob.username))).toEqual(said);
  expect(arrivals).toEqual(said.slice(1));
  await agreesWithFresh(pair.bob, pair.bobs);
  await agreesWithFresh(pair.ann, pair.anns);
}

test(
  'D1 D3 D4 R10 R11 a server killed at each step of a message’s way: both have everything, once and in order',
  { timeout: 90_000 },
  async () => {
    const all = await stories('SIGKILL');
    await Promise.all(all.map((story) => tell(story, story.again)));
  },
);

test(
  'D1 D3 D4 R10 R11 a server asleep for fifteen seconds at each step: both have everything, once and in order',
  { timeout: 120_000 },
  async () => {
    const all = await stories('SIGSTOP');
    await Promise.all(
      all.map((story) =>
        tell(story, async () => {
          await new Promise((resolve) => setTimeout(resolve, ASLEEP_MS));
          story.goOn();
        }),
      ),
    );
  },
);
