// A whole server that sends itself a signal at one step of a message's way, once that step has been reached so often.
// STOP_AT: the step; STOP_WITH: the signal; STOP_AFTER: how often. It leaves a file `stopped-<step>` in DATA_DIR just before.
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createApp, readConfig } from '@parley/server';

const { STOP_AT, STOP_WITH, STOP_AFTER, DATA_DIR } = process.env;
let reached = 0;

function step(name) {
  if (name !== STOP_AT || ++reached !== Number(STOP_AFTER)) return;
  writeFileSync(join(DATA_DIR, `stopped-${name}`), '');
  process.kill(process.pid, STOP_WITH);
}

/** The target with some methods in place of its own. */
const over = (target, methods) =>
  new Proxy(target, {
    get(_, name) {
      if (name in methods) return methods[name];
      const value = target[name];
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });

function around(profile) {
  const { log } = profile.stores;
  const { relay } = profile.others;
  const append = async (what) => {
    if (what.kind !== 'send') return log.append(what);
    step('before the commit');
    const appended = await log.append(what);
    step('after the commit');
    return appended;
  };
  const forward = async (hint) => {
    const left = await relay.forward(hint);
    if (hint.kind === 'entry') step('after the hint');
    return left;
  };
  const listen = (listener) =>
    relay.listen(
      over(listener, {
        hint: async (hint) => {
          if (hint.kind !== 'entry') return listener.hint(hint);
          step('before the hand-over');
          await listener.hint(hint);
          step('after the hand-over');
        },
      }),
    );
  return {
    ...profile,
    stores: { ...profile.stores, log: over(log, { append }) },
    others: over(profile.others, { relay: over(relay, { forward, listen }) }),
  };
}

const app = await createApp(readConfig(process.env, { terminal: false }), { around });
process.stdout.write(`${JSON.stringify({ msg: 'Parley is up', ...(await app.start()) })}\n`);
await once(process, 'SIGTERM');
await app.close();
