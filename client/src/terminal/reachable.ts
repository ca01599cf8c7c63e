import { ParleyError, type ParleyApi } from '../node.js';

/** Fails with a clear word if no server answers. */
export async function reachable(api: ParleyApi, url: string): Promise<void> {
  try {
    await api.health();
  } catch (error) {
    throw unreachable(error, url);
  }
}

/** In place of an error of the network, what to do about it. */
export function unreachable(error: unknown, url: string): unknown {
  if (!(error instanceof ParleyError) || (error.code !== 'network' && error.code !== 'timeout')) return error;
  return new Error(`No server answers at ${url}. Start one with: npm start`, { cause: error });
}
