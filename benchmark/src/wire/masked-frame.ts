/** Opcodes of RFC 6455 §5.2. */
export const OPCODE = { text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

/** Not zero: `ws` skips unmasking for a zero key, which would flatter the server. */
const MASK = Uint8Array.of(0x5a, 0xc3, 0x17, 0x8e);
const MASK_BIT = 0x80;
const FIN = 0x80;

/** A whole frame from a client to a server. */
export function maskedFrame(opcode: number, payload: Uint8Array): Buffer {
  const header = headerOf(opcode, payload.length);
  const frame = Buffer.allocUnsafe(header.length + payload.length);
  frame.set(header);
  for (const [i, byte] of payload.entries()) frame[header.length + i] = byte ^ maskAt(i);
  return frame;
}

export const maskedText = (text: string): Buffer => maskedFrame(OPCODE.text, Buffer.from(text));

/** Where a template's numbers go: a run of this character, as long as the number is to be written. */
export const PLACES = { stamp: '\u0001'.repeat(15), number: '\u0002'.repeat(9) } as const;

/** A text frame that is made once and sent many times, with other numbers in its places. */
export class FrameTemplate {
  readonly #frame: Buffer;
  readonly #payloadAt: number;
  readonly #stamps: number[];
  readonly #numbers: number[];

  constructor(text: string) {
    this.#stamps = allOf(text, PLACES.stamp);
    this.#numbers = allOf(text, PLACES.number);
    this.#frame = maskedText(text);
    this.#payloadAt = this.#frame.length - text.length;
  }

  /** A frame of its own: a write may keep its bytes for later. */
  fill(stamp: number, number: number): Buffer {
    const frame = Buffer.allocUnsafe(this.#frame.length);
    frame.set(this.#frame);
    for (const at of this.#stamps) this.#digits(frame, at, PLACES.stamp.length, stamp);
    for (const at of this.#numbers) this.#digits(frame, at, PLACES.number.length, number);
    return frame;
  }

  #digits(frame: Buffer, at: number, width: number, value: number): void {
    let rest = value;
    for (let i = at + width - 1; i >= at; i--) {
      const higher = Math.floor(rest / 10);
      frame[this.#payloadAt + i] = (0x30 + rest - higher * 10) ^ maskAt(i);
      rest = higher;
    }
  }
}

const maskAt = (i: number): number => MASK[i & 3] ?? 0;

function allOf(text: string, place: string): number[] {
  const found: number[] = [];
  for (let at = text.indexOf(place); at >= 0; at = text.indexOf(place, at + place.length)) found.push(at);
  return found;
}

function headerOf(opcode: number, length: number): Buffer {
  const first = FIN | opcode;
  if (length < 126) return Buffer.from([first, MASK_BIT | length, ...MASK]);
  if (length > 0xffff) throw new RangeError(`a client sends no frame of ${length} bytes`);
  return Buffer.from([first, MASK_BIT | 126, length >> 8, length & 0xff, ...MASK]);
}
