import type { ParleyClient } from '../client.js';

/** Waits until nothing is on its way to the server any more, or cannot be, but at most so long. */
export function settled(client: ParleyClient, waitMs: number): Promise<void> {
  const isSettled = () => client.state === 'closed' || client.outgoing.every(({ status }) => status === 'failed');
  return holds(client, isSettled, waitMs).then(() => undefined);
}

/** Waits until something holds, looked at after every change of the client; false: not within that time. */
export function holds(client: ParleyClient, check: () => boolean, waitMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const end = (result: boolean) => {
      stop();
      clearTimeout(timer);
      resolve(result);
    };
    const look = () => check() && end(true);
    const timer = setTimeout(() => end(check()), waitMs);
    const stop = client.subscribe(look);
    look();
  });
}
