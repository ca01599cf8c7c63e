import { beforeEach, describe, expect, test } from 'vitest';
import { ManualRuntime } from '../testing/manual-runtime.js';
import { Health } from './health.js';

type Run = () => Promise<unknown>;

let runtime: ManualRuntime;
let asked: number;
beforeEach(() => {
  runtime = new ManualRuntime();
  asked = 0;
});

function healthOf(check: Run, isVital = true): Health {
  const counted = () => {
    asked += 1;
    return check();
  };
  return new Health({
    runtime,
    checks: { store: { run: counted, isVital } },
    version: '1.2.3',
    profile: 'embedded',
    roles: ['api'],
  });
}

describe('Health', () => {
  test('all works: ok, with what it is and since when', async () => {
    const health = healthOf(async () => undefined);
    runtime.advance(1_500);
    expect(await health.read()).toEqual({
      status: 'ok',
      uptime: 1.5,
      timestamp: '2026-01-01T00:00:01.500Z',
      version: '1.2.3',
      profile: 'embedded',
      roles: ['api'],
      checks: { store: 'ok' },
    });
  });

  test('a part that fails, at once or later: degraded', async () => {
    const thrower: Run = () => {
      throw new Error('at once');
    };
    for (const check of [thrower, () => Promise.reject(new Error('later'))]) {
      expect(await healthOf(check).read()).toMatchObject({ status: 'degraded', checks: { store: 'failing' } });
    }
  });

  test('D11: ready while what fails is not vital', async () => {
    const failing = () => Promise.reject(new Error('down'));
    expect(await healthOf(failing).readiness()).toMatchObject({ isReady: false, health: { status: 'degraded' } });
    expect(await healthOf(failing, false).readiness()).toMatchObject({ isReady: true, health: { status: 'degraded' } });
  });

  test('D9: a part that does not answer counts as failing after two seconds', async () => {
    const reading = healthOf(() => new Promise(() => undefined)).read();
    runtime.advance(2_000);
    expect(await reading).toMatchObject({ status: 'degraded' });
  });

  test('D9: however many ask, a part is asked once a second', async () => {
    const health = healthOf(async () => undefined);
    await Promise.all(Array.from({ length: 50 }, () => health.read()));
    expect(asked).toBe(1);
    runtime.advance(1_000);
    await health.read();
    expect(asked).toBe(2);
  });

  test('D10: draining, whatever the parts say', async () => {
    const health = healthOf(async () => undefined);
    health.drain();
    expect(health.draining).toBe(true);
    expect(await health.readiness()).toMatchObject({ isReady: false, health: { status: 'draining', checks: { store: 'ok' } } });
  });
});
