/** A frame: `bytes` from `start` to `end` is its payload, good only during the call. */
export type OnFrame = (opcode: number, bytes: Buffer, start: number, end: number) => void;

/** Finds the frames in what a server sends, in whatever pieces it comes. Servers do not mask. */
export class FrameParser {
  readonly #onFrame: OnFrame;
  #rest: Buffer | null = null;

  constructor(onFrame: OnFrame) {
    this.#onFrame = onFrame;
  }

  /** Takes the next `length` bytes of `chunk`, which the caller may use again afterwards. */
  push(chunk: Buffer, length: number): void {
    let bytes = chunk;
    let end = length;
    if (this.#rest !== null) {
      bytes = Buffer.concat([this.#rest, chunk.subarray(0, length)]);
      end = bytes.length;
      this.#rest = null;
    }
    const taken = this.#parse(bytes, end);
    if (taken < end) this.#rest = Buffer.from(bytes.subarray(taken, end));
  }

  /** Gives how many bytes were whole frames. */
  #parse(bytes: Buffer, end: number): number {
    let at = 0;
    for (;;) {
      const start = payloadStart(bytes, at, end);
      if (start === null) return at;
      const payloadEnd = start + payloadLength(bytes, at);
      if (payloadEnd > end) return at;
      const first = bytes[at] ?? 0;
      if ((first & 0x80) === 0) throw new Error('a fragmented frame: no server here sends one');
      this.#onFrame(first & 0x0f, bytes, start, payloadEnd);
      at = payloadEnd;
    }
  }
}

/** Where the payload of the frame at `at` begins; null while its header is not whole. */
function payloadStart(bytes: Buffer, at: number, end: number): number | null {
  if (at + 2 > end) return null;
  const short = (bytes[at + 1] ?? 0) & 0x7f;
  const start = at + (short < 126 ? 2 : short === 126 ? 4 : 10);
  return start <= end ? start : null;
}

function payloadLength(bytes: Buffer, at: number): number {
  const short = (bytes[at + 1] ?? 0) & 0x7f;
  if (short < 126) return short;
  return short === 126 ? bytes.readUInt16BE(at + 2) : Number(bytes.readBigUInt64BE(at + 2));
}
