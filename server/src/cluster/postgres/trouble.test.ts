import { DatabaseError } from 'pg';
import { expect, it } from 'vitest';
import { refusalOf, troubleOf } from './trouble.js';

function coded(code: string): DatabaseError {
  const error = new DatabaseError('it failed', 0, 'error');
  error.code = code;
  return error;
}

it('R7 trouble of the store is told from a fault of the call', () => {
  expect(['53100', '25006', '55P03', '57014', '40P01', '23505'].map((code) => troubleOf(coded(code)))).toEqual([
    'full',
    'readonly',
    'busy',
    'busy',
    'busy',
    'statement',
  ]);
  expect(['full', 'readonly', 'busy', 'lost'].map((trouble) => refusalOf(trouble as 'full')?.code)).toEqual([
    'storage_full',
    'storage_readonly',
    'overloaded',
    'overloaded',
  ]);
  expect(refusalOf('statement')).toBeNull();
});

it('R1 only a connection that broke leaves it open whether something was committed', () => {
  const broken = new Error('Connection terminated unexpectedly');
  const reset = Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' });
  expect([broken, reset, coded('57P01'), coded('08006')].map(troubleOf)).toEqual(['lost', 'lost', 'lost', 'lost']);
});
