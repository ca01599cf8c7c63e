import { expect, test } from 'vitest';
import { rowCounts, run, withFolder } from './tool.js';

test('make-admin gives and takes the role once, with a trace each, and says what is wrong in a line', () =>
  withFolder(async (folder) => {
    const makeAdmin = (...args: string[]) => run('make-admin', folder, args);
    expect(await makeAdmin('user1')).toMatchObject({ code: 1, err: expect.stringContaining('There is no store in') });
    await run('seed', folder, ['users', '--count', '1']);
    expect(await makeAdmin('user1')).toMatchObject({ code: 0, err: '', out: expect.stringContaining('user1 is an operator:') });
    expect(await makeAdmin('USER1')).toMatchObject({ code: 0, out: 'user1 is an operator already.\n' });
    expect(await makeAdmin('user1', '--revoke')).toMatchObject({ code: 0, out: 'user1 is no operator any more.\n' });
    expect(await makeAdmin('nobody')).toMatchObject({ code: 1, err: expect.stringContaining('nobody called nobody: sign up') });
    expect(await makeAdmin('a b')).toMatchObject({ code: 1, err: expect.stringContaining('username: expected letters') });
    expect(await makeAdmin()).toMatchObject({ code: 1, err: expect.stringContaining('Usage: npm run make-admin --') });
    expect(await rowCounts(folder)).toMatchObject({ audit_log: 2 });
  }));
