import { needProgram } from './programs.js';

/** The path of a Chromium, for `executablePath`; installed if there is none. */
export function needChromium(): Promise<string> {
  return needProgram({ name: 'chromium', package: 'chromium', folders: ['/usr/bin'] });
}
