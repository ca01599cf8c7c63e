import { once } from 'node:events';
import { connect, type AddressInfo } from 'node:net';
import { describe, expect, test } from 'vitest';
import { WebSocketServer } from 'ws';
import { FrameParser } from './frame-parser.js';
import { FrameTemplate, maskedText, OPCODE, PLACES } from './masked-frame.js';
import { upgradeAnswerEnd, upgradeRequest } from './upgrade.js';

const LENGTHS = [0, 1, 125, 126, 127, 60_000];

describe('frames by hand', () => {
  test('a server of ws reads them, and its answers are read, in whatever pieces they come', async () => {
    const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: false });
    server.on('connection', (socket) => socket.on('message', (data: Buffer) => socket.send(data.toString())));
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const texts = LENGTHS.map((length) => 'x'.repeat(length));
    expect(await echo(port, texts)).toEqual(texts);
    server.close();
  });

  test('a template is filled anew each time', () => {
    const template = new FrameTemplate(`{"at":"${PLACES.stamp}","number":${PLACES.number.length},"n":"${PLACES.number}"}`);
    expect(unmasked(template.fill(123_456, 7))).toBe('{"at":"000000000123456","number":9,"n":"000000007"}');
    expect(unmasked(template.fill(9, 123_456_789))).toBe('{"at":"000000000000009","number":9,"n":"123456789"}');
  });
});

async function echo(port: number, texts: string[]): Promise<string[]> {
  const socket = connect(port, '127.0.0.1');
  const echoed: string[] = [];
  const parser = new FrameParser((opcode, bytes, start, end) => {
    if (opcode === OPCODE.text) echoed.push(bytes.toString('latin1', start, end));
    if (echoed.length === texts.length) socket.destroy();
  });
  let answer: Buffer | null = Buffer.alloc(0);
  socket.on('data', (chunk) => {
    if (answer === null) return feed(parser, chunk);
    answer = Buffer.concat([answer, chunk]);
    const end = upgradeAnswerEnd(answer);
    if (end === null) return;
    feed(parser, answer.subarray(end));
    answer = null;
    for (const text of texts) socket.write(maskedText(text));
  });
  socket.write(upgradeRequest({ host: '127.0.0.1', port, path: '/', token: 'none' }));
  await once(socket, 'close');
  return echoed;
}

/** In small pieces, as a network might. */
function feed(parser: FrameParser, bytes: Buffer): void {
  for (let at = 0; at < bytes.length; at += 1_000) {
    const piece = bytes.subarray(at, at + 1_000);
    parser.push(piece, piece.length);
  }
}

function unmasked(frame: Buffer): string {
  const mask = frame.subarray(2, 6);
  return Buffer.from(frame.subarray(6).map((byte, i) => byte ^ (mask[i & 3] ?? 0))).toString();
}
