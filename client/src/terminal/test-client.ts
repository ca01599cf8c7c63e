import { ParleyApi } from '../api.js';
import { ended } from './ended.js';
import { terminalCommand, type ServerOptions } from './options.js';
import { reachable } from './reachable.js';
import { smokeConversation } from './script/smoke.js';
import { scripted } from './script/steps.js';

const about =
  'A quick check of a running server: two fresh people talk, go away, come back, form a group. Exits with 0 if all of it works, else with 1.';

await terminalCommand('test-client', about)
  .action(async (options: ServerOptions) => {
    process.exitCode = await ended(async () => {
      await reachable(new ParleyApi({ url: options.url }), options.url);
      return scripted(
        (line) => void process.stdout.write(`${line}\n`),
        (steps) => smokeConversation(steps, options),
      );
    });
  })
  .parseAsync();
