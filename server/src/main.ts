import { once } from 'node:events';
import { createApp, VERSION } from './app.js';
import { BadConfig, loadConfig, type Config } from './config.js';
import { tidyHeapOnceQuiet } from './host/heap.js';
import { openLogger } from './host/logger.js';
import { answerTo } from './usage.js';

const answer = answerTo(process.argv.slice(2));
if (answer !== null) {
  (answer.code === 0 ? process.stdout : process.stderr).write(answer.text);
  process.exit(answer.code);
}
const config = configOrExit();
const logger = await openLogger(config.log);
const app = await createApp(config, { logger }).catch((error: unknown) => {
  process.stderr.write(`Parley cannot start: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
});
const addresses = await app.start().catch(async (error: unknown) => {
  process.stderr.write(`Parley cannot start: ${error instanceof Error ? error.message : String(error)}\n`);
  await app.close();
  process.exit(1);
});
tidyHeapOnceQuiet();
logger.info({ version: VERSION, ...addresses, dataDir: config.dataDir }, 'Parley is up');
// To whatever started it with a channel, such as start:cluster: the next one may be replaced.
process.send?.('ready');
if (process.stdout.isTTY && addresses.http !== undefined) {
  const { http } = addresses;
  const at = http.endsWith(':3000') ? '' : ` -- --url ${http}`;
  process.stdout.write(
    `\n  Web client                  ${http}\n  API and its documentation   ${http}/docs\n  Chat in this terminal       npm run client${at}   (in a second one too, to talk to yourself)\n  A quick check               npm run test-client${at}\n\n`,
  );
}

const stop = await Promise.race([once(process, 'SIGTERM'), once(process, 'SIGINT'), app.failed]);
if (stop instanceof Error) {
  // Whatever was acknowledged is on disk; what was not is not. Going on could only make that untrue.
  logger.error({ err: stop }, 'the store failed');
  process.exit(1);
}
logger.info({ signal: stop[0] as unknown }, 'draining');
setTimeout(() => {
  logger.warn({}, 'drained no further in time');
  process.exit(1);
}, config.drainTimeoutMs).unref();
await app.close();
logger.info({}, 'goodbye');
// The channel to whatever started it would keep it alive.
if (process.connected) process.disconnect();

function configOrExit(): Config {
  try {
    return loadConfig();
  } catch (error) {
    if (!(error instanceof BadConfig)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exit(1);
  }
}
