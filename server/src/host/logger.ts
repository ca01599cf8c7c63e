import { pino, stdTimeFunctions, type DestinationStream, type LoggerOptions } from 'pino';
import type { Logger } from '../ports/logger.js';

export interface LogOptions {
  level: string;
  /** Coloured lines for a person, instead of JSON. */
  pretty: boolean;
  /** Standard output, unless a test says otherwise. */
  to?: DestinationStream;
}

/** Nothing by these names is ever written, whoever passes it by mistake. */
const SECRET_FIELDS = ['password', 'current', 'next', 'token', 'secret', 'authorization', 'cookie', 'passwordHash', 'content'];
const SECRET_PATHS = SECRET_FIELDS.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]).concat('*["sec-websocket-protocol"]');

/** pino on standard output; what makes it pretty is loaded only for a terminal. */
export async function openLogger({ level, pretty, to }: LogOptions): Promise<Logger> {
  const options: LoggerOptions = {
    level,
    base: null,
    timestamp: stdTimeFunctions.isoTime,
    redact: { paths: SECRET_PATHS, censor: '[hidden]' },
    ...(!pretty && { formatters: { level: (label) => ({ level: label }) } }),
  };
  return pino(options, pretty ? await prettyStream(to) : (to ?? pino.destination(1)));
}

async function prettyStream(to: DestinationStream | undefined): Promise<DestinationStream> {
  const { build } = await import('pino-pretty');
  return build({
    translateTime: 'SYS:HH:MM:ss.l',
    ignore: 'pid,hostname',
    sync: true,
    ...(to && { destination: to as NodeJS.WritableStream }),
  });
}
