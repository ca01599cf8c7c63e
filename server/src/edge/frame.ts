import type { ServerEvent } from '@parley/protocol';

const FIN_TEXT = 0x81;

/** An event as one unmasked WebSocket text frame (RFC 6455 §5.2): encoded once, then written as it is to every receiver. */
export function textFrame(event: ServerEvent): Uint8Array {
  const text = JSON.stringify(event);
  const length = Buffer.byteLength(text);
  const headerLength = length < 126 ? 2 : length < 65_536 ? 4 : 10;
  const frame = Buffer.allocUnsafe(headerLength + length);
  frame[0] = FIN_TEXT;
  if (headerLength === 2) {
    frame[1] = length;
  } else if (headerLength === 4) {
    frame[1] = 126;
    frame.writeUInt16BE(length, 2);
  } else {
    frame[1] = 127;
    frame.writeBigUInt64BE(BigInt(length), 2);
  }
  frame.write(text, headerLength);
  return frame;
}
