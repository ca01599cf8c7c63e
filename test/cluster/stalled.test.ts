import { expect, onTestFinished, test } from 'vitest';
import { redisByCable } from '../world/outage.js';
import { chatOf, pairOn, talking } from '../world/pair.js';
import { agreesWithFresh, shown, shows } from '../world/people.js';
import { spawnServers } from '../world/process.js';
import { until } from '../world/until.js';

const STALLED_MS = 8_000;
/** D4. */
const HEALED_MS = 10_000;

test(
  'D4 R9 R10 one server alone loses sight of Redis under traffic: its people have everything within ten seconds',
  { timeout: 60_000 },
  async () => {
    const { cable, env } = await redisByCable();
    onTestFinished(() => cable.remove());
    const pair = await pairOn(await spawnServers({}, env));
    const talk = talking(pair, 20);
    await until('they talk', () => shown(chatOf(pair)).length > 20);
    const states: string[] = [];
    pair.bobs.on('state', ({ name }) => states.push(name));

    cable.freeze();
    const frozenAt = performance.now();
    const last = await pair.anns.sendTo(pair.bob.username, 'while it is blind').sent;
    await until('the poll brings it', () => shown(chatOf(pair)).includes('while it is blind'), HEALED_MS);
    expect(states).toEqual([]);
    await new Promise((resolve) => setTimeout(resolve, STALLED_MS - (performance.now() - frozenAt)));
    cable.thaw();

    // Meanwhile the other server may have taken it for dead: then Bob's connection ends, and he comes back.
    await until(
      'they talk live again',
      async () => {
        const { seq } = await pair.anns.sendTo(pair.bob.username, 'now').sent;
        return until('it comes', () => (chatOf(pair)?.lastSeq ?? 0) >= seq, 500).catch(() => false);
      },
      15_000,
    );
    const said = await talk.stop();
    const all = shown(pair.anns.chatWith(pair.bob.username));
    await shows(pair.bobs, () => chatOf(pair), all, HEALED_MS);
    expect(all.filter((content) => content !== 'now' && content !== last.content)).toEqual(said);
    await agreesWithFresh(pair.bob, pair.bobs);
  },
);
