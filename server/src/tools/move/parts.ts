import { createHash } from 'node:crypto';
import { open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import { rowOf, type Kind, type Rows } from './kinds.js';
import type { Part } from './manifest.js';

/** Whichever comes first. A part is in memory as a whole, and is what is written again when an import was killed. */
const PART_MAX_ROWS = 5_000;
const PART_MAX_CHARS = 4_000_000;

const pack = promisify(gzip);
const unpack = promisify(gunzip);

/** Cuts the rows of each kind into files. */
export class PartWriter {
  readonly parts: Part[] = [];
  readonly #folder: string;
  #lines: string[] = [];
  #chars = 0;

  constructor(folder: string) {
    this.#folder = folder;
  }

  async add(kind: Kind, line: string): Promise<void> {
    this.#lines.push(line);
    this.#chars += line.length;
    if (this.#lines.length >= PART_MAX_ROWS || this.#chars >= PART_MAX_CHARS) await this.end(kind);
  }

  /** After the last row of a kind. */
  async end(kind: Kind): Promise<void> {
    if (this.#lines.length === 0) return;
    const bytes = await pack(`${this.#lines.join('\n')}\n`);
    const number = this.parts.filter((part) => part.kind === kind).length + 1;
    const file = `${kind}-${String(number).padStart(4, '0')}.ndjson.gz`;
    await writeSynced(join(this.#folder, file), bytes);
    this.parts.push({ file, kind, rows: this.#lines.length, sha256: sha256Of(bytes) });
    this.#lines = [];
    this.#chars = 0;
  }
}

/** Throws, naming the file, if it is not what the export wrote. */
export async function checkPart(folder: string, part: Part): Promise<Buffer> {
  const path = join(folder, part.file);
  const bytes = await readFile(path).catch((error: NodeJS.ErrnoException) => {
    throw error.code === 'ENOENT' ? new Error(`${path} is missing.`, { cause: error }) : error;
  });
  if (sha256Of(bytes) !== part.sha256)
    throw new Error(`${path} is not whole, or was changed: its checksum is not that of the manifest.`);
  return bytes;
}

export async function rowsOf<K extends Kind>(folder: string, kind: K, part: Part): Promise<Rows[K][]> {
  const text = (await unpack(await checkPart(folder, part))).toString();
  const lines = text.split('\n').slice(0, -1);
  if (lines.length !== part.rows) throw new Error(`${part.file} has ${lines.length} rows, and the manifest says ${part.rows}.`);
  return lines.map((line) => rowOf(kind, line));
}

/** On the disk when it resolves; for its owner only, for there are password hashes in it. */
export async function writeSynced(path: string, bytes: Buffer | string): Promise<void> {
  const file = await open(path, 'wx', 0o600);
  try {
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
}

function sha256Of(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}
