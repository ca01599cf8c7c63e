import { beforeEach, describe, expect, test } from 'vitest';
import { ManualRuntime } from '../testing/manual-runtime.js';
import { Health } from './health.js';

const settled = () => new Promise((resolve) => setImmediate(resolve));

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

  test('D11: a part that takes its time is slow, which is ready; after four seconds it fails, and until it answers', async () => {
    const answers: (() => void)[] = [];
    const health = healthOf(() => new Promise<void>((resolve) => answers.push(resolve)));
    const after = async (ms: number) => {
      const reading = health.readiness();
      await settled();
      runtime.advance(ms);
      const { isReady, health: state } = await reading;
      return [isReady, state.status, state.checks['store']];
    };
    expect(await after(1_000)).toEqual([true, 'degraded', 'slow']);
    runtime.advance(2_000);
    expect(await after(0)).toEqual([true, 'degraded', 'slow']);
    expect(asked).toBe(1);
    runtime.advance(1_000);
    expect(await after(0)).toEqual([false, 'degraded', 'failing']);
    runtime.advance(1_000);
    // Asked once more, and not answered yet.
    expect(await after(1_000)).toEqual([false, 'degraded', 'failing']);
    expect(asked).toBe(2);
    answers[1]?.();
    await settled();
    expect(await after(0)).toEqual([true, 'ok', 'ok']);
    // The first answer comes too late to count.
    answers[0]?.();
    await settled();
    expect(asked).toBe(2);
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
