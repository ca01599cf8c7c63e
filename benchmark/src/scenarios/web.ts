import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Browser } from 'playwright-core';
import { ChatSocket } from '../../../server/dist/tools/seed/chat-socket.js';
import type { Figure, Findings } from '../findings.js';
import type { Lab } from '../lab.js';
import { ROOT } from '../runner/parley-server.js';
import { seed } from '../runner/seed.js';
import type { SeededChat } from '../seed/order.js';
import { longestTask } from '../web/longest-task.js';
import { openBrowser, Reader } from '../web/reader.js';
import type { Scenario, Settings } from './scenario.js';

const knobs = {
  slower: { about: 'how many times slower than this machine the browser computes, but for scrolling', byDefault: 4 },
  conversations: { about: 'in the list', byDefault: 220 },
  messages: { about: 'of each conversation', byDefault: 60 },
  long: { about: 'messages of the one to scroll through', byDefault: 100_000 },
  loads: { about: 'first loads', byDefault: 5 },
  opens: { about: 'conversations that are opened, and then opened again', byDefault: 20 },
  rate: { about: 'messages a second that arrive while somebody types', byDefault: 50 },
  typing: { about: 'seconds of that', byDefault: 10 },
  scrolling: { about: 'seconds of scrolling, if the beginning is not reached before', byDefault: 60 },
};
type WebSettings = Settings<keyof typeof knobs>;

const CONTENT_BYTES = 80;
const HEAP_FIRST_AFTER = 20;
const HEAP_AFTER = 200;
const KEY_EVERY_MS = 90;
const MEGABYTE = 1_000_000;
const SETTLING_MS = 120_000;

/** What of it all is measured on. */
interface Scene {
  lab: Lab;
  browser: Browser;
  url: string;
  chats: SeededChat[];
  settings: WebSettings;
}

/** The web client in a real Chromium, by somebody with many conversations. */
export const web: Scenario<keyof typeof knobs> = {
  name: 'web',
  about: 'the web client in Chromium, slowed down four times: loading, opening, typing under load, scrolling, memory',
  knobs,
  async run(lab, settings) {
    lab.progress.step('web: building the client, and filling a store by the server’s own code');
    await promisify(execFile)(process.execPath, [join(ROOT, 'scripts/build-web.mjs')]);
    const data = lab.newData('web');
    const short = Array.from({ length: settings.conversations - 1 }, () => settings.messages);
    const { chats } = await seed(
      { ...data, people: 0, chatsOfMessages: [settings.long, ...short], contentBytes: CONTENT_BYTES, ofOneReader: true },
      lab.progress,
    );
    const env = { CORS_ORIGIN: '*' };
    return lab.withServer(
      'web',
      async ({ httpUrl: url }) => {
        const browser = await openBrowser();
        try {
          return await measure({ lab, browser, url, chats, settings });
        } finally {
          await browser.close();
        }
      },
      { ...data, env },
    );
  },
};

async function measure(scene: Scene): Promise<Findings> {
  const figures = [
    ...(await loading(scene)),
    ...(await opening(scene)),
    await typing(scene),
    ...(await scrolling(scene)),
    await memory(scene),
  ];
  return { figures, charts: [], runs: {}, broken: [], doubtful: [] };
}

const readerOf = async ({ browser, url, chats, settings }: Scene, slower = settings.slower): Promise<Reader> => {
  const [chat] = chats;
  if (chat === undefined) throw new Error('the store has no chat');
  return Reader.open(browser, url, chat.reader, slower);
};

async function loading(scene: Scene): Promise<Figure[]> {
  const { lab, url, settings } = scene;
  lab.progress.step(`web: ${settings.loads} first loads`);
  const times: number[] = [];
  let bytes = 0;
  for (let n = 0; n < settings.loads; n++) {
    const reader = await readerOf(scene);
    times.push(await reader.load(url));
    bytes = await reader.scriptBytes();
    await reader.close();
  }
  return [
    { id: 'web.script', name: 'first load, compressed script', value: bytes / 1_000, unit: 'kB' },
    {
      id: 'web.list',
      name: `signed-in list visible, ${settings.conversations} conversations`,
      value: median(times),
      unit: 'ms',
      note: spread(times),
    },
  ];
}

async function opening(scene: Scene): Promise<Figure[]> {
  const { lab, url, settings } = scene;
  lab.progress.step(`web: opening ${settings.opens} conversations, twice`);
  const reader = await readerOf(scene);
  await reader.load(url);
  // The first one also fetches what formats messages.
  const first = await reader.openNext('ArrowDown');
  const unseen = await opened(reader, 'ArrowDown', settings.opens);
  const seen = await opened(reader, 'ArrowUp', settings.opens);
  await reader.close();
  return [
    { id: 'web.seen', name: 'opening a conversation seen before', value: median(seen), unit: 'ms', note: spread(seen) },
    {
      id: 'web.unseen',
      name: 'opening one not seen before',
      value: median(unseen),
      unit: 'ms',
      note: `${spread(unseen)}; the very first ${first.toFixed(0)} ms`,
    },
  ];
}

async function opened(reader: Reader, key: 'ArrowDown' | 'ArrowUp', count: number): Promise<number[]> {
  const times: number[] = [];
  for (let n = 0; n < count; n++) times.push(await reader.openNext(key));
  return times;
}

async function typing(scene: Scene): Promise<Figure> {
  const { lab, browser, url, chats, settings } = scene;
  lab.progress.step(`web: typing for ${settings.typing} s while ${settings.rate} messages a second arrive`);
  const reader = await readerOf(scene);
  await reader.load(url);
  await reader.openNext('ArrowDown');
  const open = await reader.page.locator('.conversation h1').textContent();
  const senders = [...chats.filter(({ other }) => other.username === open), ...chats.slice(1, 10)];
  const crowd = await arriving(url, senders, settings.rate);
  const composer = reader.page.locator('#composer');
  await composer.focus();
  let typed = '';
  const task = await longestTask(browser, reader.page, async () => {
    for (const until = performance.now() + settings.typing * 1_000; performance.now() < until;) {
      const letter = 'the quick brown fox '[typed.length % 20] ?? ' ';
      await reader.page.keyboard.type(letter, { delay: KEY_EVERY_MS });
      typed += letter;
    }
  });
  const sent = await crowd.stop();
  // On a slow machine what came is still to be shown.
  const shown = await composer.inputValue({ timeout: SETTLING_MS });
  await reader.close();
  return {
    id: 'web.task',
    name: `longest task, ${settings.rate} messages a second, typing`,
    value: task,
    unit: 'ms',
    note: `${sent} messages, a tenth into the open conversation; ${shown === typed ? 'every' : 'NOT every'} key of ${typed.length} arrived`,
  };
}

const chatAt = (url: string) => `${url.replace(/^http/, 'ws')}/ws/chat`;

/** Messages to the reader, evenly in time, from each in turn. */
async function arriving(url: string, chats: readonly SeededChat[], rate: number): Promise<{ stop(): Promise<number> }> {
  const at = chatAt(url);
  const sockets = await Promise.all(chats.map(async (chat) => ({ chat, socket: await ChatSocket.open(at, chat.other.token) })));
  const startedAt = performance.now();
  const answers: Promise<void>[] = [];
  const timer = setInterval(() => {
    const due = ((performance.now() - startedAt) / 1_000) * rate;
    while (answers.length < due) {
      const sender = sockets[answers.length % sockets.length];
      if (sender === undefined) return;
      const content = `message ${answers.length}, with *some* words and https://example.org`;
      answers.push(sender.socket.send({ type: 'ONE_TO_ONE_CHAT', to: sender.chat.reader.username, content }));
    }
  }, 5);
  return {
    stop: async () => {
      clearInterval(timer);
      await Promise.all(answers);
      for (const { socket } of sockets) socket.close();
      return answers.length;
    },
  };
}

async function scrolling(scene: Scene): Promise<Figure[]> {
  const { lab, url, chats, settings } = scene;
  const [chat] = chats;
  if (chat === undefined) throw new Error('the store has no chat');
  lab.progress.step(`web: scrolling through ${settings.long} messages`);
  // What is unread begins at its first message, and a gap would lead past all that is to be scrolled through.
  const socket = await ChatSocket.open(chatAt(url), chat.reader.token);
  await socket.send({ type: 'READ', chatId: chat.chatId, upTo: settings.long });
  socket.close();
  const reader = await readerOf(scene, 1);
  await reader.load(`${url}/c/${chat.other.username}`);
  await reader.page.locator('[role=log] .message').first().waitFor();
  const before = await reader.scriptSeconds();
  const { frames, first, nodes } = await reader.page.evaluate(scrollUp, settings.scrolling * 1_000);
  const seconds = (await reader.scriptSeconds()) - before;
  await reader.close();
  const note = `${frames} frames, up to message ${first} of ${settings.long}`;
  return [
    { id: 'web.scroll.script', name: 'script of a frame while scrolling', value: (seconds * 1_000) / frames, unit: 'ms', note },
    { id: 'web.scroll.nodes', name: 'most DOM nodes while scrolling', value: nodes, unit: '' },
  ];
}

/** In the page: a little further up in each frame, as a finger does, until the beginning or for so long. */
async function scrollUp(maxMs: number): Promise<{ frames: number; first: number; nodes: number }> {
  const log = document.querySelector('[role=log]');
  const rows = [log, ...(log?.querySelectorAll('*') ?? []), ...parentsOf(log)].find(
    (each) => each !== null && each.scrollHeight > each.clientHeight + 10,
  );
  if (rows === null || rows === undefined) throw new Error('there is nothing to scroll');
  const numberAt = () =>
    Number(/^(\d+) /.exec(document.querySelector('[role=log] .message .formatted')?.textContent ?? '')?.[1] ?? Number.NaN);
  const until = performance.now() + maxMs;
  let [frames, nodes, first] = [0, 0, numberAt()];
  while (performance.now() < until && first !== 0) {
    await new Promise((resolve) => requestAnimationFrame(resolve));
    rows.scrollBy(0, -rows.clientHeight * 0.8);
    frames += 1;
    if (frames % 20 === 0) nodes = Math.max(nodes, document.querySelectorAll('*').length);
    const number = numberAt();
    if (!Number.isNaN(number)) first = number;
  }
  return { frames, first, nodes };

  function parentsOf(element: Element | null): Element[] {
    return element === null ? [] : [element, ...parentsOf(element.parentElement)];
  }
}

async function memory(scene: Scene): Promise<Figure> {
  const { lab, url, settings } = scene;
  const last = Math.min(HEAP_AFTER, settings.conversations - 1);
  lab.progress.step(`web: opening ${last} conversations`);
  const reader = await readerOf(scene, 1);
  await reader.load(url);
  await opened(reader, 'ArrowDown', HEAP_FIRST_AFTER);
  const early = await reader.heapBytes();
  for (let n = HEAP_FIRST_AFTER; n < last; n++) {
    await reader.openNext('ArrowDown');
    lab.progress.now(`${n} of ${last}`);
  }
  const late = await reader.heapBytes();
  const nodes = await reader.domNodes();
  await reader.close();
  const megabytes = (bytes: number) => (bytes / MEGABYTE).toFixed(1);
  return {
    id: 'web.heap',
    name: `heap after ${last} conversations against ${HEAP_FIRST_AFTER}`,
    value: late / early,
    unit: '×',
    note: `${megabytes(late)} and ${megabytes(early)} MB; ${nodes} DOM nodes`,
  };
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

const spread = (values: readonly number[]) =>
  `median of ${values.length}; ${Math.min(...values).toFixed(0)}–${Math.max(...values).toFixed(0)} ms`;
