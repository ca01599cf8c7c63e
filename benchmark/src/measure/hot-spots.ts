import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';

/** What V8's profiler writes, as far as it is read here. */
interface CpuProfile {
  nodes: { id: number; callFrame: { functionName: string; url: string; lineNumber: number } }[];
  samples: number[];
  timeDeltas: number[];
}

/** A function, and the share of the thread's busy time that it itself took. */
export interface HotSpot {
  where: string;
  share: number;
}

export interface ThreadProfile {
  file: string;
  busyS: number;
  hotSpots: HotSpot[];
}

const SHOWN = 30;
const NOT_BUSY = new Set(['(idle)', '(program)', '(root)']);

/** Reads every profile in a folder, one for each thread of a process, the busiest first. */
export function readProfiles(folder: string, root: string): ThreadProfile[] {
  const files = readdirSync(folder).filter((file) => file.endsWith('.cpuprofile'));
  return files.map((file) => readProfile(join(folder, file), root)).sort((a, b) => b.busyS - a.busyS);
}

function readProfile(file: string, root: string): ThreadProfile {
  const { nodes, samples, timeDeltas } = JSON.parse(readFileSync(file, 'utf8')) as CpuProfile;
  const names = new Map(nodes.map((node) => [node.id, nameOf(node.callFrame, root)]));
  const micros = new Map<string, number>();
  for (const [i, id] of samples.entries()) {
    const name = names.get(id) ?? '';
    if (!NOT_BUSY.has(name)) micros.set(name, (micros.get(name) ?? 0) + (timeDeltas[i] ?? 0));
  }
  const busy = [...micros.values()].reduce((sum, value) => sum + value, 0);
  const hotSpots = [...micros].sort((a, b) => b[1] - a[1]).slice(0, SHOWN);
  return { file, busyS: busy / 1e6, hotSpots: hotSpots.map(([where, value]) => ({ where, share: value / busy })) };
}

function nameOf({ functionName, url, lineNumber }: CpuProfile['nodes'][number]['callFrame'], root: string): string {
  const name = functionName === '' ? '(anonymous)' : functionName;
  if (url === '') return name;
  return `${name} ${url.startsWith('file://') ? relative(root, new URL(url).pathname) : url}:${lineNumber + 1}`;
}
