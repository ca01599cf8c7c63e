import { Writable } from 'node:stream';

/** The terminal as readline writes to it; while a secret is typed, nothing of it shows. */
export class Echo extends Writable {
  isMuted = false;

  constructor() {
    super({
      write: (chunk: Buffer, _encoding, done) => {
        if (!this.isMuted) process.stdout.write(chunk);
        done();
      },
    });
    process.stdout.on('resize', () => this.emit('resize'));
  }

  /** readline asks its output for it. */
  get columns(): number {
    return process.stdout.columns;
  }
}
