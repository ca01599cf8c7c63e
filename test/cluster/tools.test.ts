import { expect, onTestFinished, test } from 'vitest';
import { freshServices } from '../world/profile.js';
import { startServer } from '../world/server.js';
import { run, withFolder } from '../tools/tool.js';

test('db:migrate makes what both databases need, and says so again when there is nothing to do', () =>
  withFolder(async (folder) => {
    const services = await freshServices();
    onTestFinished(() => services.drop());
    const first = await run('db', folder, ['migrate'], services.env);
    expect(first).toMatchObject({ code: 0, err: '' });
    expect(first.out).toMatch(/PostgreSQL is up to date[^]*Cassandra is up to date/);
    expect(await run('db', folder, ['migrate'], services.env)).toMatchObject({ code: 0, out: first.out });
    const studio = await run('db', folder, ['studio'], services.env);
    expect(studio.out).toContain('psql postgres://');
    const { password } = new URL(services.env['POSTGRES_URL'] ?? '');
    expect(`${first.out}${studio.out}`).not.toContain(`:${password}@`);
  }));

test('create-dummy-users and create-groups fill a cluster through one of its servers, and can be repeated', () =>
  withFolder(async (folder) => {
    const server = await startServer();
    onTestFinished(() => server.remove());
    const [{ http } = { http: '' }] = server.nodes;
    expect(await run('seed', folder, ['users', '--count', '3', '--url', http])).toMatchObject({ code: 0 });
    const again = await run('seed', folder, ['groups', '--count', '2', '--members', '3', '--messages', '4', '--url', http]);
    expect(again).toMatchObject({ code: 0 });
    expect(again.out).toContain('messages: 8 created');
  }));
