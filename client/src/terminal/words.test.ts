import { expect, test } from 'vitest';
import { Usage, Words } from './words.js';

test('words are taken one by one; quotes make one of several', () => {
  const words = new Words('create "Sunday climbing" bob  carol');
  expect([words.next(), words.next(), words.all(), words.next()]).toEqual(['create', 'Sunday climbing', ['bob', 'carol'], '']);
});

test('a number is taken only if it is one, with or without #', () => {
  expect(new Words(' #17 text').number()).toBe(17);
  expect(new Words('17').number()).toBe(17);
  const words = new Words(' 3rd time lucky');
  expect(words.number()).toBeNull();
  expect(words.rest()).toBe('3rd time lucky');
});

test('what is left is taken as it was written', () => {
  const words = new Words('to bob  two  blanks and "quotes"');
  words.next();
  words.next();
  expect(words.rest()).toBe('two  blanks and "quotes"');
});

test('what is needed and missing is said', () => {
  expect(() => new Words('').need('NAME')).toThrow(Usage);
  expect(() => new Words('  ').needRest('TEXT')).toThrow('expected TEXT');
});
