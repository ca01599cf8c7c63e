import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { needProgram } from '../../backing/src/programs.js';
import { mustRun } from '../../backing/src/run.js';

/** An authority of one's own, and what it signed for a server at 127.0.0.1: paths of PEM files. */
export interface Certificates {
  ca: string;
  cert: string;
  key: string;
  /** Certificate and key together, as Java takes them. */
  keystore: { path: string; password: string };
}

const PASSWORD = 'only for this test';
const DAY = ['-days', '1'];
const NEW_KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];

export async function certificatesIn(folder: string): Promise<Certificates> {
  const program = await needProgram({ name: 'openssl', package: 'openssl' });
  const openssl = (...args: string[]) => mustRun('openssl', program, args, { withinMs: 20_000, cwd: folder });
  await openssl('req', '-x509', ...NEW_KEY, ...DAY, '-subj', '/CN=Authority', '-keyout', 'ca.key', '-out', 'ca.pem');
  await openssl('req', ...NEW_KEY, '-subj', '/CN=localhost', '-keyout', 'server.key', '-out', 'server.csr');
  await writeFile(join(folder, 'names'), 'subjectAltName=DNS:localhost,IP:127.0.0.1\n');
  const by = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-extfile', 'names'];
  await openssl('x509', '-req', ...DAY, ...by, '-in', 'server.csr', '-out', 'server.pem');
  const pair = ['-inkey', 'server.key', '-in', 'server.pem', '-certfile', 'ca.pem'];
  await openssl('pkcs12', '-export', ...pair, '-passout', `pass:${PASSWORD}`, '-out', 'server.p12');
  const [ca, cert, key] = ['ca.pem', 'server.pem', 'server.key'].map((name) => join(folder, name)) as [string, string, string];
  return { ca, cert, key, keystore: { path: join(folder, 'server.p12'), password: PASSWORD } };
}
