import { dayOf } from './days.js';
import { catalogue } from './text.js';

/* Times as people of the language write them, in the time zone of the device. */

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** Formats cost much to make and little to use. */
const made = new Map<string, Intl.DateTimeFormat>();
function format(options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = catalogue.language + JSON.stringify(options);
  const known = made.get(key) ?? new Intl.DateTimeFormat(localeOf(), options);
  made.set(key, known);
  return known;
}

/** The browser's own variant of the language, such as en-GB, so that hours and dates look as at home. */
const localeOf = () => navigator.languages.find((tag) => tag.startsWith(catalogue.language)) ?? catalogue.language;

export const timeOf = (at: number): string => format({ hour: 'numeric', minute: '2-digit' }).format(at);

export const wholeTimeOf = (at: number): string => format({ dateStyle: 'full', timeStyle: 'short' }).format(at);

/** The day alone. */
export const dateOf = (at: number): string => format({ dateStyle: 'medium' }).format(at);

/** How many days before today, by the calendar of the device's time zone. */
const daysAgo = (at: number, now: number) => Math.round((dayOf(now).from - dayOf(at).from) / DAY_MS);

export function dayName(at: number, now = Date.now()): string {
  const { today, yesterday } = catalogue.texts().conversation;
  const ago = daysAgo(at, now);
  if (ago === 0) return today;
  if (ago === 1) return yesterday;
  if (ago > 1 && ago < 7) return format({ weekday: 'long' }).format(at);
  const sameYear = new Date(at).getFullYear() === new Date(now).getFullYear();
  return format({ day: 'numeric', month: 'long', ...(!sameYear && { year: 'numeric' }) }).format(at);
}

/** As a list shows it: the time today, the weekday this week, else the date. */
export function shortTimeOf(at: number, now = Date.now()): string {
  const ago = daysAgo(at, now);
  if (ago === 0) return timeOf(at);
  if (ago > 0 && ago < 7) return format({ weekday: 'short' }).format(at);
  return format({ day: 'numeric', month: 'numeric', year: '2-digit' }).format(at);
}

/** “5 minutes ago”. */
export function agoOf(at: number, now = Date.now()): string {
  const relative = new Intl.RelativeTimeFormat(localeOf(), { numeric: 'auto' });
  const ms = Math.max(0, now - at);
  if (ms < HOUR_MS) return relative.format(-Math.round(ms / MINUTE_MS), 'minute');
  if (ms < DAY_MS) return relative.format(-Math.round(ms / HOUR_MS), 'hour');
  return relative.format(-Math.round(ms / DAY_MS), 'day');
}
