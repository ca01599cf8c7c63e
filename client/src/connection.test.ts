import { CLOSE_CODES, type CloseReason } from '@parley/protocol/codes';
import { describe, expect, test } from 'vitest';
import { Connection, CONNECTION_TIMES, type CloseCause, type ConnectionState, type TokenSource } from './connection.js';
import { ParleyError } from './errors.js';
import { scriptedSockets } from './testing/scripted-socket.js';
import { settled, SimulatedRuntime } from './testing/simulated-runtime.js';

function connect({
  random = 0.5,
  token = 'secret' as TokenSource,
  verifyToken = undefined as (() => Promise<boolean>) | undefined,
} = {}) {
  const runtime = new SimulatedRuntime(() => random);
  const { factory, sockets, last } = scriptedSockets();
  const states: ConnectionState['name'][] = [];
  const frames: string[] = [];
  let lost = 0;
  const connection = new Connection(
    { url: 'ws://chat', token, socket: factory, runtime, times: CONNECTION_TIMES, verifyToken },
    {
      opened: () => connection.ready(),
      frame: (event) => frames.push(event.type),
      lost: () => (lost += 1),
      changed: (state) => states.push(state.name),
    },
  );
  connection.open();
  return { connection, runtime, sockets, last, states, frames, lost: () => lost };
}

describe('a connection', () => {
  test('carries the token as a subprotocol, and is live once caught up', () => {
    const { connection, last, states } = connect();
    last().open();
    expect(last().protocols).toEqual(['parley', 'secret']);
    expect(states).toEqual(['connecting', 'syncing', 'live']);
    expect(connection.send({ type: 'PING' })).toBe(true);
  });

  test('that is lost waits with backoff and jitter, and opens the next', async () => {
    const { connection, runtime, sockets, last, lost } = connect();
    last().open();
    last().end();
    expect(lost()).toBe(1);
    expect(connection.state).toEqual({ name: 'waiting', retryAt: runtime.now() + 250, attempt: 1 });
    expect(connection.send({ type: 'PING' })).toBe(false);
    await runtime.advance(250);
    expect(sockets).toHaveLength(2);
    last().end();
    expect(connection.state).toMatchObject({ name: 'waiting', retryAt: runtime.now() + 500 });
  });

  test('that opens and is lost at once, again and again, still backs off', async () => {
    const { connection, runtime, last } = connect();
    for (let attempt = 0; attempt < 4; attempt++) {
      last().open();
      last().end();
      expect(connection.state).toMatchObject({ name: 'waiting', retryAt: runtime.now() + 250 * 2 ** attempt });
      await runtime.advance(250 * 2 ** attempt);
    }
  });

  test('that was good begins its backoff anew', async () => {
    const { connection, runtime, last } = connect();
    last().end();
    await runtime.advance(1_000);
    last().open();
    await runtime.advance(CONNECTION_TIMES.stableAfterMs);
    last().end();
    expect(connection.state).toMatchObject({ name: 'waiting', attempt: 1 });
  });

  test('tries at once when asked to', () => {
    const { connection, sockets, last } = connect();
    last().end();
    connection.reconnectNow();
    expect(sockets).toHaveLength(2);
    expect(connection.state.name).toBe('connecting');
  });

  test('whose socket does not open in time tries another', async () => {
    const { runtime, sockets, last } = connect();
    await runtime.advance(CONNECTION_TIMES.openDeadlineMs);
    expect(sockets[0]?.closedWith).toBe(4000);
    await runtime.advance(1_000);
    expect(sockets).toHaveLength(2);
    expect(last().closedWith).toBeNull();
  });

  test('hears nothing of a socket that it gave up', async () => {
    const { connection, runtime, sockets, last, frames, lost } = connect();
    last().open();
    connection.restart('test');
    await runtime.advance(1_000);
    last().open();
    const [old] = sockets;
    old?.say({ type: 'PONG', time: 1 });
    old?.end(4200);
    expect(connection.state.name).toBe('live');
    expect(frames).toEqual([]);
    expect(lost()).toBe(1);
  });

  test('ignores frames that are not events', () => {
    const { connection, last, frames } = connect();
    last().open();
    for (const data of ['{', '[]', 'null', '{"no":"type"}', new ArrayBuffer(2)]) last().onmessage?.({ data });
    expect(frames).toEqual([]);
    expect(connection.state.name).toBe('live');
  });
});

describe('the heartbeat', () => {
  test('asks now and then, and takes any frame for an answer', async () => {
    const { connection, runtime, last } = connect();
    last().open();
    await runtime.advance(CONNECTION_TIMES.heartbeatIntervalMs);
    expect(last().commands('PING')).toHaveLength(1);
    last().say({ type: 'INFO', code: 'frames_dropped', message: '' });
    await runtime.advance(CONNECTION_TIMES.heartbeatDeadlineMs);
    expect(connection.state.name).toBe('live');
  });

  test('gives a silent connection up', async () => {
    const { connection, runtime, sockets, last } = connect();
    last().open();
    await runtime.advance(CONNECTION_TIMES.heartbeatIntervalMs + CONNECTION_TIMES.heartbeatDeadlineMs);
    expect(sockets[0]?.closedWith).toBe(4000);
    expect(connection.state.name).toBe('waiting');
  });

  test('asks at once when the machine wakes up', async () => {
    const { connection, runtime, last } = connect();
    last().open();
    connection.reconnectNow();
    expect(last().commands('PING')).toHaveLength(1);
    await runtime.advance(CONNECTION_TIMES.heartbeatDeadlineMs);
    expect(connection.state.name).toBe('waiting');
  });
});

describe('the end of a connection', () => {
  const waiting = { name: 'waiting' } as const;
  const after: Record<CloseReason, { name: ConnectionState['name']; cause?: CloseCause }> = {
    draining: waiting,
    heartbeat_missed: waiting,
    slow_consumer: waiting,
    restarted: waiting,
    token_expired: { name: 'closed', cause: 'token_expired' },
    session_ended: { name: 'closed', cause: 'session_ended' },
    flooding: { name: 'closed', cause: 'refused' },
    protocol_abuse: { name: 'closed', cause: 'refused' },
  };

  test.each(Object.entries(after) as [CloseReason, (typeof after)[CloseReason]][])('by %s', async (reason, expected) => {
    const { connection, runtime, sockets, last } = connect();
    last().open();
    last().end(CLOSE_CODES[reason].code);
    expect(connection.state).toMatchObject(expected);
    await runtime.advance(1_000);
    expect(sockets).toHaveLength(expected.name === 'waiting' ? 2 : 1);
  });

  test.each([
    [401, 'token_expired'],
    [403, 'refused'],
  ] as const)('by an upgrade refused with %i', (status, cause) => {
    const { connection, last } = connect();
    last().refuse(status);
    expect(connection.state).toEqual({ name: 'closed', cause });
  });

  test('by an upgrade refused with 503 is not for good', () => {
    const { connection, last } = connect();
    last().refuse(503);
    expect(connection.state.name).toBe('waiting');
  });

  test.each([
    [false, 'closed'],
    [true, 'waiting'],
  ])('where upgrades fail without a reason the token is asked for: it holds: %s', async (holds, state) => {
    let asked = 0;
    const verifyToken = async () => ++asked > 0 && holds;
    const { connection, runtime, last } = connect({ random: 0, verifyToken });
    for (let attempt = 0; attempt < 3; attempt++) {
      last().end();
      if (attempt < 2) await runtime.advance(0);
    }
    await Promise.resolve().then(() => undefined);
    expect(asked).toBe(1);
    expect(connection.state.name).toBe(state);
  });

  test('by the user is for good', async () => {
    const { connection, runtime, sockets, last } = connect();
    last().open();
    connection.close();
    expect(last().closedWith).toBe(1000);
    expect(connection.state).toEqual({ name: 'closed', cause: 'user' });
    await runtime.advance(100_000);
    expect(sockets).toHaveLength(1);
    expect(runtime.timers).toBe(0);
  });
});

describe('a token that is asked for', () => {
  test('is asked for before each attempt', async () => {
    let asked = 0;
    const { runtime, sockets, last, states } = connect({ token: async () => `ticket-${++asked}` });
    expect([states, sockets.length]).toEqual([['connecting'], 0]);
    await settled();
    last().open();
    last().end();
    await runtime.advance(250);
    last().open();
    expect(sockets.map(({ protocols }) => protocols[1])).toEqual(['ticket-1', 'ticket-2']);
    expect(states.at(-1)).toBe('live');
  });

  test('and is not given: an attempt that failed, with backoff', async () => {
    let asked = 0;
    const token = async () => {
      if (++asked < 3) throw new ParleyError('network', 'no way');
      return 'late';
    };
    const { connection, runtime, last } = connect({ token });
    await settled();
    expect(connection.state).toEqual({ name: 'waiting', retryAt: runtime.now() + 250, attempt: 1 });
    await runtime.advance(250);
    expect(connection.state).toMatchObject({ name: 'waiting', attempt: 2 });
    await runtime.advance(500);
    last().open();
    expect(connection.state.name).toBe('live');
  });

  test('and is refused with not_authenticated: closed for good', async () => {
    const { connection, runtime, sockets } = connect({
      token: () => Promise.reject(new ParleyError('not_authenticated', 'gone')),
    });
    await settled();
    expect(connection.state).toEqual({ name: 'closed', cause: 'token_expired' });
    await runtime.advance(100_000);
    expect([sockets.length, runtime.timers]).toEqual([0, 0]);
  });

  test('and comes too late opens nothing: not after the deadline, not after the close', async () => {
    const waiting: ((token: string) => void)[] = [];
    const { connection, runtime, sockets } = connect({ token: () => new Promise((resolve) => waiting.push(resolve)) });
    await runtime.advance(CONNECTION_TIMES.openDeadlineMs);
    expect(connection.state.name).toBe('waiting');
    waiting[0]?.('too late');
    await runtime.advance(250);
    expect([waiting.length, sockets.length]).toEqual([2, 0]);
    connection.close();
    waiting[1]?.('too late as well');
    await settled();
    expect([connection.state.name, sockets.length, runtime.timers]).toEqual(['closed', 0, 0]);
  });
});

describe('D10 a server that drains', () => {
  test('is left when it said so, for the next at once', async () => {
    const { runtime, sockets, last, states } = connect();
    last().open();
    last().say({ type: 'INFO', code: 'draining', message: '', reconnectAfterMs: 1_200 });
    await runtime.advance(1_199);
    expect(sockets).toHaveLength(1);
    await runtime.advance(1);
    expect(sockets[0]?.closedWith).toBe(4000);
    expect(sockets).toHaveLength(2);
    last().open();
    expect(states.at(-1)).toBe('live');
  });

  test('and ends before is come back to at that time', async () => {
    const { connection, runtime, last } = connect();
    last().open();
    last().say({ type: 'INFO', code: 'draining', message: '', reconnectAfterMs: 1_200 });
    await runtime.advance(200);
    last().end(4000);
    expect(connection.state).toMatchObject({ name: 'waiting', retryAt: runtime.now() + 1_000 });
  });
});
