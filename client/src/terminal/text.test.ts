import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { harmless, oneLine, wrapped } from './text.js';

describe('other people’s text in a terminal', () => {
  test('control characters are shown, not obeyed', () => {
    expect(harmless('\u001b[31mred\u0007\u202e')).toBe('\\u001b[31mred\\u0007\\u202e');
  });

  test('nothing that moves a cursor is left, whatever was written', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(harmless(text).replaceAll('\n', '')).not.toMatch(/[\p{Cc}\u202a-\u202e]/u);
      }),
    );
  });

  test('lines are at most as wide as the terminal, and nothing but blanks is lost', () => {
    fc.assert(
      fc.property(fc.string(), fc.integer({ min: 8, max: 60 }), (text, width) => {
        const lines = wrapped(text, width, '    ');
        for (const line of lines) expect(line.length).toBeLessThanOrEqual(width);
        expect(lines.join('').replaceAll(' ', '')).toBe(text.replaceAll(/[ \n]/g, ''));
      }),
    );
  });

  test('a long message takes one line in a list', () => {
    expect(oneLine('one\ntwo three', 8)).toBe('one two…');
  });
});
