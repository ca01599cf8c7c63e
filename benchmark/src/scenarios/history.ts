import type { Figure, Findings } from '../findings.js';
import { HistoryReader, type Door } from '../runner/history-reader.js';
import type { Lab } from '../lab.js';
import type { ParleyServer } from '../runner/parley-server.js';
import { seed } from '../runner/seed.js';
import type { SeededChat } from '../seed/order.js';
import { Histogram } from '../measure/histogram.js';
import type { Scenario, Settings } from './scenario.js';

const knobs = {
  short: { about: 'messages of the short conversation', byDefault: 1_000 },
  long: { about: 'messages of the long one', byDefault: 1_000_000 },
  requests: { about: 'pages read of each, by each door', byDefault: 500 },
  limit: { about: 'messages of a page', byDefault: 50 },
};
type HistorySettings = Settings<keyof typeof knobs>;

const CONTENT_BYTES = 100;
const WARM_UP_REQUESTS = 50;

/** Where a page is read. */
interface Place {
  name: 'short' | 'long' | 'middle';
  chat: SeededChat;
  before?: number;
}

/** Pages of a long conversation against those of a short one. */
export const history: Scenario<keyof typeof knobs> = {
  name: 'history',
  about: 'the newest page of a conversation of a million messages, against one of a thousand',
  knobs,
  async run(lab, settings) {
    lab.progress.step(`history: filling a store with ${settings.long} messages, by the server’s own code`);
    const data = lab.newData('history');
    const { chats } = await seed(
      { ...data, people: 0, chatsOfMessages: [settings.short, settings.long], contentBytes: CONTENT_BYTES },
      lab.progress,
    );
    return lab.withServer('history', (server) => readPages(lab, server, chats, settings), data);
  },
};

async function readPages(
  lab: Lab,
  server: ParleyServer,
  [short, long]: SeededChat[],
  settings: HistorySettings,
): Promise<Findings> {
  if (short === undefined || long === undefined) throw new Error('the store has no two chats');
  const places: Place[] = [
    { name: 'short', chat: short },
    { name: 'long', chat: long },
    { name: 'middle', chat: long, before: Math.floor(long.messages / 2) },
  ];
  const figures: Figure[] = [];
  const runs: Record<string, unknown> = {};
  for (const door of ['socket', 'http'] as const) {
    lab.progress.step(`history: ${settings.requests} pages of each, by ${door}`);
    const times = await timePages(lab, server, door, places, settings);
    figures.push(...doorFigures(door, times, settings));
    runs[`history.${door}`] = Object.fromEntries(Object.entries(times).map(([name, time]) => [name, time.summary()]));
  }
  return { figures, charts: [], runs, broken: [], doubtful: [] };
}

type Times = Record<Place['name'], Histogram>;

/** In turns, so that whatever else the machine does falls on all of them. */
async function timePages(
  lab: Lab,
  server: ParleyServer,
  door: Door,
  places: Place[],
  { requests, limit }: HistorySettings,
): Promise<Times> {
  const times: Times = { short: new Histogram(), long: new Histogram(), middle: new Histogram() };
  const readers = await Promise.all(places.map(({ chat }) => HistoryReader.open(server, door, chat)));
  for (let i = -WARM_UP_REQUESTS; i < requests; i++) {
    for (const [at, { name, before }] of places.entries()) {
      const micros = await readers[at]?.read(limit, before);
      if (i >= 0 && micros !== undefined) times[name].add(micros);
    }
    lab.progress.now(`${Math.max(0, i)} of ${requests}`);
  }
  for (const reader of readers) reader.close();
  return times;
}

function doorFigures(door: Door, { short, long, middle }: Times, { limit, long: messages }: HistorySettings): Figure[] {
  const median = (time: Histogram) => time.quantile(0.5) / 1_000;
  const ratio = (time: Histogram) => median(time) / median(short);
  const by = door === 'socket' ? 'WebSocket' : 'HTTP';
  return [
    {
      id: `history.${door}.ratio`,
      name: `newest ${limit} of ${messages} messages against a thousand, ${by}`,
      value: ratio(long),
      unit: '×',
      note: `medians ${median(long).toFixed(2)} and ${median(short).toFixed(2)} ms; from the middle ${ratio(middle).toFixed(2)} ×`,
    },
  ];
}
