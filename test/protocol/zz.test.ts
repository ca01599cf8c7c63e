import { expect, test } from 'vitest';
import { venue } from '../world/accounts.js';
import { history, sayAll, upTo } from '../world/talk.js';
const here = venue();
for (const first of [true, false])
  test(`pipelined ${first}`, async () => {
    const [ann, bob] = await here.people('ann', 'bob');
    const a = await ann.chat();
    if (first) await a.next('INIT_DATA');
    await sayAll(a, bob, Array<string>(16).fill('x'.repeat(16384)));
    const t = performance.now();
    const p = Promise.allSettled(upTo(30).map(() => history(a, bob, { limit: 100 })));
    const r = await p;
    console.log(
      first,
      r.map((x) => x.status[0]).join(''),
      a.closed,
      a.of('INIT_DATA').length,
      a.of('ONE_TO_ONE_CHAT_HISTORY').length,
      performance.now() - t,
    );
  });
