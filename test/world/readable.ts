import type { Page } from 'playwright-core';

/** WCAG 2.1 AA, for text and for large text. */
const CONTRAST_MIN = 4.5;
const CONTRAST_LARGE_MIN = 3;

/** The texts of a page that stand out too little from what is behind them: `3.1 “Authorize” span.label`. */
export function hardToRead(page: Page): Promise<string[]> {
  return page.evaluate(
    ([min, largeMin]) => {
      type Colour = [number, number, number, number];
      const colourOf = (css: string): Colour => {
        const [r = 0, g = 0, b = 0, a = 1] = [...css.matchAll(/[\d.]+/g)].map(Number);
        return [r, g, b, a];
      };
      const over = ([r, g, b, a]: Colour, below: Colour): Colour => {
        const mix = (top: number, bottom: number) => top * a + bottom * (1 - a);
        return [mix(r, below[0]), mix(g, below[1]), mix(b, below[2]), 1];
      };
      const canvas = (): Colour => (matchMedia('(prefers-color-scheme: dark)').matches ? [18, 18, 18, 1] : [255, 255, 255, 1]);
      const behind = (element: Element | null): Colour => {
        if (element === null) return canvas();
        const own = colourOf(getComputedStyle(element).backgroundColor);
        return own[3] === 1 ? own : over(own, behind(element.parentElement));
      };
      const light = (channel: number) => {
        const c = channel / 255;
        return c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
      };
      const luminance = ([r, g, b]: Colour) => 0.2126 * light(r) + 0.7152 * light(g) + 0.0722 * light(b);
      const opacityOf = (element: Element | null): number =>
        element === null ? 1 : Number(getComputedStyle(element).opacity) * opacityOf(element.parentElement);
      const found = new Set<string>();
      const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
      while (texts.nextNode()) {
        const text = texts.currentNode.textContent?.trim() ?? '';
        const element = texts.currentNode.parentElement;
        if (text === '' || element === null || !element.checkVisibility({ visibilityProperty: true })) continue;
        const box = element.getBoundingClientRect();
        if (box.width <= 1 || box.height <= 1) continue; // for screen readers only
        const style = getComputedStyle(element);
        const background = behind(element);
        const [r, g, b, a] = colourOf(style.color);
        const shown = over([r, g, b, a * opacityOf(element)], background);
        const [low = 0, high = 0] = [luminance(shown), luminance(background)].sort((x, y) => x - y);
        const contrast = (high + 0.05) / (low + 0.05);
        const size = Number.parseFloat(style.fontSize);
        const isLarge = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
        if (contrast < (isLarge ? largeMin : min))
          found.add(`${contrast.toFixed(1)} “${text.slice(0, 40)}” ${element.localName}.${element.className}`);
      }
      return [...found];
    },
    [CONTRAST_MIN, CONTRAST_LARGE_MIN] as const,
  );
}

/** How many pixels of the page lie beyond the right edge of the window. */
export function overflow(page: Page): Promise<number> {
  return page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
}
