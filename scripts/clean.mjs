// Deletes what builds leave behind; data and dependencies stay.
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
const packages = readdirSync(root, { withFileTypes: true }).filter(
  (entry) => entry.isDirectory() && !entry.name.startsWith('.') && entry.name !== 'node_modules',
);
for (const { name } of packages) rmSync(join(root, name, 'dist'), { recursive: true, force: true });
rmSync(join(root, '.tsbuild'), { recursive: true, force: true });
