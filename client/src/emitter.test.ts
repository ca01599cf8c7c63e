import { expect, test, vi } from 'vitest';
import { Emitter } from './emitter.js';

test('a listener hears what is emitted until it stops', () => {
  const emitter = new Emitter<{ tick: number }>();
  const heard: number[] = [];
  const stop = emitter.on('tick', (n) => heard.push(n));
  emitter.emit('tick', 1);
  stop();
  stop();
  emitter.emit('tick', 2);
  expect(heard).toEqual([1]);
});

test('one function registered twice is two listeners', () => {
  const emitter = new Emitter<{ tick: number }>();
  const listener = vi.fn<(n: number) => void>();
  const stop = emitter.on('tick', listener);
  emitter.on('tick', listener);
  emitter.emit('tick', 1);
  expect(listener).toHaveBeenCalledTimes(2);
  stop();
  emitter.emit('tick', 2);
  expect(listener).toHaveBeenCalledTimes(3);
});

test('a listener that throws does not stop the others; its error comes out elsewhere', async () => {
  const emitter = new Emitter<{ tick: number }>();
  const heard: number[] = [];
  const queue = vi.spyOn(globalThis, 'queueMicrotask').mockImplementation(() => undefined);
  emitter.on('tick', () => {
    throw new Error('mine');
  });
  emitter.on('tick', (n) => heard.push(n));
  emitter.emit('tick', 1);
  const [rethrow] = queue.mock.calls[0] ?? [];
  queue.mockRestore();
  expect(heard).toEqual([1]);
  expect(rethrow).toThrow('mine');
});
