// Builds the web client into web/dist, each text file also compressed beside itself: a server sends what is there, and
// compresses nothing. Does nothing if it is up to date.
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, gzipSync } from 'node:zlib';

const at = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url));
const INTO = at('web/dist');
const FROM = ['web/src', 'web/public', 'web/index.html', 'web/vite.config.ts', 'client/dist/.tsbuildinfo', 'package-lock.json'];
const COMPRESSED = /\.(js|css|html|svg|webmanifest)$/;
const WORTH_BYTES = 1_024;
const FIRST_SCRIPT_MAX_BYTES = 60 * 1_024;

function changedAt(path) {
  if (!existsSync(path)) return 0;
  const { mtimeMs } = statSync(path);
  if (!statSync(path).isDirectory()) return mtimeMs;
  return Math.max(mtimeMs, ...readdirSync(path).map((name) => changedAt(join(path, name))));
}

if (changedAt(join(INTO, 'index.html')) < Math.max(...FROM.map((path) => changedAt(at(path))))) {
  const { build } = await import('vite');
  await build({ root: at('web'), logLevel: 'error', build: { outDir: INTO, emptyOutDir: true } });
  for (const name of readdirSync(INTO, { recursive: true })) {
    const file = join(INTO, name);
    if (!COMPRESSED.test(name) || statSync(file).size < WORTH_BYTES) continue;
    const text = readFileSync(file);
    writeFileSync(`${file}.br`, brotliCompressSync(text));
    writeFileSync(`${file}.gz`, gzipSync(text, { level: 9 }));
  }
  sayScript();
}

/** How much script there is, as it is sent. What the first page loads has a budget; the rest comes when it is wanted. */
function sayScript() {
  const scripts = readdirSync(join(INTO, 'assets')).filter((name) => name.endsWith('.js'));
  const sent = (names) =>
    names.reduce((sum, name) => sum + brotliCompressSync(readFileSync(join(INTO, 'assets', name))).length, 0);
  const first = /src="\/assets\/([^"]+)"/.exec(readFileSync(join(INTO, 'index.html'), 'utf8'))?.[1];
  const [atFirst, all] = [sent(scripts.filter((name) => name === first)), sent(scripts)];
  const kb = (bytes) => `${(bytes / 1_024).toFixed(1)} KB`;
  process.stdout.write(
    `web client: ${kb(atFirst)} of script at first (at most ${kb(FIRST_SCRIPT_MAX_BYTES)}), ${kb(all)} with all that comes later\n`,
  );
  if (atFirst <= FIRST_SCRIPT_MAX_BYTES) return;
  process.stderr.write('The web client loads more script at first than its budget.\n');
  process.exit(1);
}
