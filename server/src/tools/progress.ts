import { Presets, SingleBar } from 'cli-progress';

const LINES = 10;

/** How far a long piece of work has come. */
export interface Progress {
  /** One more is done. */
  step(): void;
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
  return { step: () => shown.increment(), stop: () => shown.stop() };
}

function lines(label: string, total: number): Progress {
  let done = 0;
  const every = Math.ceil(total / LINES);
  return {
    step: () => {
      done += 1;
      if (done % every === 0 || done === total) process.stdout.write(`${label} ${done}/${total}\n`);
    },
    stop: () => undefined,
  };
}
