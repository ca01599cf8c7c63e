import type { Logger } from '../ports/logger.js';
import type { SocketLog } from './sockets.js';

/** One line for each connection, at its end, and one for each fault. Never what was said. */
export function socketLog(logger: Logger): SocketLog {
  return {
    ended: (connection) => logger.info(connection, 'connection ended'),
    refused: (request) => logger.info(request, 'connection refused'),
    fault: (error, about) => logger.error({ err: error, ...about }, 'a command failed'),
  };
}
