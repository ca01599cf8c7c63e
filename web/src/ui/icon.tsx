/** Drawn for this app, 24 units square, in the colour of the text. */
const PATHS = {
  group: 'M9 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7Zm-6 8c0-3 2.7-5 6-5s6 2 6 5M17 8v6m3-3h-6',
  settings:
    'M12 15a3 3 0 1 0 0-6 3 3 0 0 0 0 6Zm0-12v3m0 12v3M3 12h3m12 0h3M5.6 5.6l2.2 2.2m8.4 8.4 2.2 2.2m0-12.8-2.2 2.2m-8.4 8.4-2.2 2.2',
  archive: 'M4 5h16v4H4V5Zm1 4v10h14V9M10 13h4',
  emoji: 'M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18ZM9 10h.01M15 10h.01M8.5 14.5c1.8 2 5.2 2 7 0',
  back: 'M15 5l-7 7 7 7',
  send: 'M4 12l16-8-6 16-3-7-7-1Z',
  down: 'M6 9l6 6 6-6',
  more: 'M5 12h.01M12 12h.01M19 12h.01',
  close: 'M6 6l12 12M18 6 6 18',
  muted: 'M4 4l16 16M9.5 5.5A5 5 0 0 1 17 10v3l1.5 3H9M6 16h-.5L7 13v-3',
  pinned: 'M9 4h6l-1 6 3 3H7l3-3-1-6Zm3 9v7',
  shield: 'M12 3l7 2.5v6c0 4.4-2.8 7.6-7 9.5-4.2-1.9-7-5.1-7-9.5v-6L12 3Z',
} as const;

export type IconName = keyof typeof PATHS;

/** `label`: what it says to those who do not see it; without one it says nothing. */
export function Icon({ name, label }: { name: IconName; label?: string }) {
  const said = label === undefined ? { 'aria-hidden': true } : { role: 'img' as const, 'aria-label': label };
  return (
    <svg class="drawn" viewBox="0 0 24 24" width="20" height="20" focusable="false" {...said}>
      <path d={PATHS[name]} />
    </svg>
  );
}
