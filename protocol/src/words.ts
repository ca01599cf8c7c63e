import type { z } from 'zod';

/** What a schema found wrong, as what it expected: `expected at least 3 characters`. */
export function wordsFor(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'too_small':
      return `expected ${issue.inclusive === false ? 'more than' : 'at least'} ${amountOf(issue.origin, issue.minimum)}`;
    case 'too_big':
      return `expected ${issue.inclusive === false ? 'less than' : 'at most'} ${amountOf(issue.origin, issue.maximum)}`;
    case 'invalid_type':
      return `expected ${withArticle(issue.expected)}`;
    case 'invalid_value':
      return `expected ${issue.values.length === 1 ? '' : 'one of '}${issue.values.map((value) => JSON.stringify(value)).join(', ')}`;
    case 'unrecognized_keys':
      return `expected no ${issue.keys.map((key) => JSON.stringify(key)).join(', ')}`;
    // Our own words stand in the schema, or no schema has it.
    case 'custom':
    case 'invalid_format':
    case 'invalid_union':
    case 'invalid_key':
    case 'invalid_element':
    case 'not_multiple_of':
      return issue.message;
  }
}

const UNITS: Partial<Record<string, string>> = { string: 'character', array: 'item', set: 'item', map: 'entry' };

function amountOf(origin: string, amount: number | bigint): string {
  const unit = UNITS[origin];
  if (unit === undefined) return String(amount);
  return `${amount} ${unit}${Number(amount) === 1 ? '' : 's'}`;
}

const ARTICLES: Partial<Record<string, string>> = { int: 'a whole number', object: 'an object', array: 'a list' };
const withArticle = (type: string) => ARTICLES[type] ?? `a ${type}`;
