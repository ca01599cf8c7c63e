const two = (value: number) => String(value).padStart(2, '0');

/** The time of day, or the day if it is another one. */
export function shortTime(at: number, now: number): string {
  const [when, today] = [new Date(at), new Date(now)];
  if (when.toDateString() === today.toDateString()) return `${two(when.getHours())}:${two(when.getMinutes())}`;
  return `${when.getFullYear()}-${two(when.getMonth() + 1)}-${two(when.getDate())}`;
}

const UNITS: readonly [seconds: number, name: string][] = [
  [86_400, 'd'],
  [3_600, 'h'],
  [60, 'min'],
];

/** How long ago, in one unit. */
export function ago(at: number, now: number): string {
  const seconds = Math.max(0, Math.round((now - at) / 1_000));
  const [size, name] = UNITS.find(([unit]) => seconds >= unit) ?? [1, 's'];
  return `${Math.floor(seconds / size)} ${name} ago`;
}
