/** What people may choose to be drawn in. White text on each, and each on light and dark ground, is well to be read. */
export const COLOURS = [
  'red',
  'amber',
  'olive',
  'moss',
  'green',
  'teal',
  'sea',
  'blue',
  'indigo',
  'violet',
  'plum',
  'rose',
] as const;

export type Colour = (typeof COLOURS)[number];
