import { expect, test } from 'vitest';
import { openLogger } from './logger.js';

async function linesOf(write: (logger: Awaited<ReturnType<typeof openLogger>>) => void, pretty = false): Promise<string> {
  let text = '';
  const to = { write: (line: string) => void (text += line) };
  write(await openLogger({ level: 'info', pretty, ...(!pretty && { to }) }));
  return text;
}

test('one JSON line each, with the level by name and the time', async () => {
  const line = JSON.parse(await linesOf((logger) => logger.child({ id: 'r1' }).info({ status: 200 }, 'request'))) as object;
  expect(line).toMatchObject({
    level: 'info',
    id: 'r1',
    status: 200,
    msg: 'request',
    time: expect.stringMatching(/^\d{4}-/) as string,
  });
});

test('below its level nothing is written', async () => {
  expect(await linesOf((logger) => logger.debug({}, 'noise'))).toBe('');
});

test('what must not be in a log is hidden, wherever it stands', async () => {
  const text = await linesOf((logger) => {
    const secrets = { password: 'swordfish', token: 'swordfish', content: 'swordfish', passwordHash: 'swordfish' };
    logger.info(secrets, 'flat');
    logger.info({ body: secrets }, 'nested');
    logger.info({ req: { headers: { authorization: 'Bearer swordfish', cookie: 'swordfish' } } }, 'deep');
    logger.error({ err: new Error('broken'), account: secrets }, 'with an error');
  });
  expect(text.trim().split('\n')).toHaveLength(4);
  expect(text).not.toContain('swordfish');
  expect(text).toContain('broken');
});
