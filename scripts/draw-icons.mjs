// Draws web/public/icon-*.png from icon.svg, in the Chromium that the tests use. Run it after a change of the drawing:
// node scripts/draw-icons.mjs (after tsc -b).
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { needChromium } from '../backing/dist/chromium.js';

const PUBLIC = fileURLToPath(new URL('../web/public/', import.meta.url));
const GREEN = '#2f6f5e';
/** A maskable icon is cut to a shape by the device: what matters stays in the middle four fifths, colour goes to the edge. */
const ICONS = [
  { file: 'icon-192.png', size: 192, inner: 1 },
  { file: 'icon-512.png', size: 512, inner: 1 },
  { file: 'icon-maskable-512.png', size: 512, inner: 0.8, ground: GREEN },
  { file: 'apple-touch-icon.png', size: 180, inner: 1, ground: GREEN },
];

const svg = `data:image/svg+xml;base64,${readFileSync(`${PUBLIC}icon.svg`).toString('base64')}`;
const browser = await chromium.launch({ executablePath: await needChromium(), chromiumSandbox: false });
for (const { file, size, inner, ground = 'transparent' } of ICONS) {
  const page = await browser.newPage({ viewport: { width: size, height: size } });
  const edge = Math.round(size * inner);
  await page.setContent(
    `<body style="margin:0;display:grid;place-items:center;height:100vh;background:${ground}"><img src="${svg}" width="${edge}">`,
  );
  await page.locator('img').evaluate((image) => image.decode());
  writeFileSync(`${PUBLIC}${file}`, await page.screenshot({ omitBackground: true }));
  await page.close();
}
await browser.close();
