// Joins the simulation and the parts of the product that it runs, as they stand in the sources, to one file, and runs it.
import { fileURLToPath } from 'node:url';
import { build } from 'rolldown';

const at = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url));
const INTO = at('.tsbuild/simulation');

await build({
  input: at('test/simulation/main.ts'),
  platform: 'node',
  external: (id) => /^[@a-z]/.test(id) && !id.startsWith('@parley/'),
  resolve: {
    extensionAlias: { '.js': ['.ts', '.js'] },
    alias: {
      '@parley/client': at('client/src/index.ts'),
      ...Object.fromEntries(['codes', 'limits'].map((part) => [`@parley/protocol/${part}`, at(`protocol/src/${part}.ts`)])),
      '@parley/protocol': at('protocol/src/index.ts'),
    },
  },
  output: { dir: INTO, sourcemap: true },
  logLevel: 'warn',
});
await import(`${INTO}/main.js`);
