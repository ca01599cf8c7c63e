import { Presets, SingleBar } from 'cli-progress';

const LINES = 10;

/** How far a long piece of work has come. */
export interface Progress {
  /** One more is done, or so many. */
  step(count?: number): void;
  stop(): void;
}

/** A bar in a terminal; plain lines, ten at most, where the output goes elsewhere. */
export function openProgress(label: string, total: number): Progress {
  return process.stdout.isTTY ? bar(label, total) : lines(label, total);
}

function bar(label: string, total: number): Progress {
  const shown = new SingleBar(
    { format: `${label} {bar} {value}/{total} {duration_formatted}`, stream: process.stdout },
    Presets.shades_classic,
  );
  shown.start(total, 0);
  return { step: (count = 1) => shown.increment(count), stop: () => shown.stop() };
}

function lines(label: string, total: number): Progress {
  let done = 0;
  const every = Math.ceil(total / LINES);
  return {
    step: (count = 1) => {
      const told = Math.floor(done / every);
      done += count;
      if (Math.floor(done / every) > told || (done === total && count > 0)) process.stdout.write(`${label} ${done}/${total}\n`);
    },
    stop: () => undefined,
  };
}
