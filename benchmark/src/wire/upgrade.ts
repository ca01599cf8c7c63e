import { randomBytes } from 'node:crypto';

export interface Upgrade {
  host: string;
  port: number;
  path: string;
  token: string;
}

/** The request that opens a WebSocket. */
export function upgradeRequest({ host, port, path, token }: Upgrade): string {
  return [
    `GET ${path} HTTP/1.1`,
    `Host: ${host}:${port}`,
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}`,
    `Authorization: Bearer ${token}`,
    '\r\n',
  ].join('\r\n');
}

const END = '\r\n\r\n';

/** Where frames begin behind the answer; null while it is not whole. Throws if it is a refusal. */
export function upgradeAnswerEnd(bytes: Buffer): number | null {
  const end = bytes.indexOf(END);
  if (end < 0) return null;
  const head = bytes.toString('latin1', 0, end);
  if (!head.startsWith('HTTP/1.1 101 ')) throw new Error(`the upgrade was refused: ${head.split('\r\n', 1)[0] ?? ''}`);
  return end + END.length;
}
