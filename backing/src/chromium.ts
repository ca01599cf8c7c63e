import { findProgram, needProgram, type Program } from './programs.js';

/** In this order; Debian's can be installed. */
const CHROMIUM: Program = { name: 'chromium', package: 'chromium', folders: ['/usr/bin'] };
const OTHERS: readonly Program[] = [
  { name: 'google-chrome-stable', package: 'google-chrome-stable' },
  { name: 'google-chrome', package: 'google-chrome' },
  { name: 'Google Chrome', package: 'google-chrome', folders: ['/Applications/Google Chrome.app/Contents/MacOS'] },
];

/** The path of a Chromium, for `executablePath`: the one of PARLEY_CHROMIUM, else one found, else one installed. */
export async function needChromium(): Promise<string> {
  const given = process.env['PARLEY_CHROMIUM'] ?? '';
  if (given !== '') return given;
  for (const each of [CHROMIUM, ...OTHERS]) {
    const found = findProgram(each);
    if (found !== null) return found;
  }
  return needProgram(CHROMIUM);
}
