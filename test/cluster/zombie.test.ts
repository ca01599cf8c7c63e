import { expect, test } from 'vitest';
import { chatOf, pairOn, talking } from '../world/pair.js';
import { agreesWithFresh, shown, shows } from '../world/people.js';
import { spawnServers } from '../world/process.js';
import { until } from '../world/until.js';

const STOPPED_MS = 15_000;
const GRACE = { PRESENCE_GRACE_S: '3' };

test(
  'R10 D5 a server asleep for fifteen seconds under traffic finds out, sends its people away, and harms nobody',
  { timeout: 90_000 },
  async () => {
    const { processes, nodes, addresses } = await spawnServers(GRACE, GRACE, GRACE);
    const zombie = processes[1]?.child;
    const pair = await pairOn({ addresses, nodes });
    const { ann, bob, anns, bobs } = pair;
    const laptop = await bob.device({ chatUrl: nodes[2]?.chat ?? '', catchUp: 'all' });
    await laptop.chatWith(ann.username)?.timeline.open();
    const watcher = await ann.device({ chatUrl: nodes[0]?.chat ?? '', presenceUrl: nodes[0]?.presence ?? '' });
    const states: string[] = [];
    bobs.on('state', ({ name }) => states.push(name));
    const arrivals: string[] = [];
    bobs.on('message', ({ message }) => arrivals.push(message.content));

    // Fewer than 500 messages: of more, his phone would show the newest page and a gap.
    const talk = talking(pair, 50);
    await until('they talk', () => shown(chatOf(pair)).length > 20);
    zombie?.kill('SIGSTOP');
    // What he says now lies with the sleeping server, and is said again when that does not answer.
    const bobSays = bobs.sendTo(ann.username, 'are you asleep?').sent;
    const stoppedAt = Date.now();
    await until('his laptop has what is said', () => shown(laptop.chatWith(ann.username)).length > 120, STOPPED_MS);
    await new Promise((resolve) => setTimeout(resolve, STOPPED_MS - (Date.now() - stoppedAt)));
    zombie?.kill('SIGCONT');
    await until('his phone has lost its connection', () => states.includes('waiting'));
    await until('his phone is back', () => states.at(-1) === 'live');
    await bobSays;

    const said = await talk.stop();
    const all = shown(anns.chatWith(bob.username));
    await shows(bobs, () => chatOf(pair), all);
    await shows(laptop, () => laptop.chatWith(ann.username), all);
    expect(all.filter((content) => content !== 'are you asleep?')).toEqual(said);
    expect(all.filter((content) => content === 'are you asleep?')).toHaveLength(1);
    expect(arrivals).toEqual(all.slice(1));

    // It is in the directory and on the board under its new id: his phone alone is found, live, and seen.
    await laptop.close();
    for (const content of ['one', 'two', 'three']) {
      await anns.sendTo(bob.username, content).sent;
      await until('it comes live', () => shown(chatOf(pair)).at(-1) === content, 1_000);
    }
    expect(watcher.presence.of(bob.username).status).toBe('online');
    await new Promise((resolve) => setTimeout(resolve, 5_000));
    expect(watcher.presence.of(bob.username).status).toBe('online');
    await agreesWithFresh(bob, bobs);
  },
);
