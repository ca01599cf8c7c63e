import type { Shape } from './shape.js';

const COMMENTS = /\/\*.*?\*\/|\/\/[^\n]*/gs;
const INTERFACES = /interface (\w+) \{([^{}]*)\}/g;
const FIELD = /^(\w+): (.+)$/;

/**
 * The shape that `sql/schema.ts` tells. It is interfaces of plain columns, which need no compiler to read; whatever is
 * not one is an error here, so nothing is passed over.
 */
export function shapeOfTypes(source: string): Shape {
  const interfaces = interfacesOf(source);
  const tables = interfaces.get('Database');
  if (tables === undefined) throw new Error('expected an interface Database');
  return new Map([...tables].map(([table, name]) => [table, columnsOf(interfaces, name)]));
}

function columnsOf(interfaces: Shape, name: string): Map<string, string> {
  const columns = interfaces.get(name);
  if (columns === undefined) throw new Error(`expected an interface ${name}`);
  return columns;
}

function interfacesOf(source: string): Shape {
  const found = source.replaceAll(COMMENTS, '').matchAll(INTERFACES);
  return new Map([...found].map(([, name = '', body = '']) => [name, fieldsOf(name, body)]));
}

function fieldsOf(name: string, body: string): Map<string, string> {
  const fields = body
    .split(';')
    .map((field) => field.trim())
    .filter((field) => field !== '');
  return new Map(
    fields.map((field) => {
      const [, column, type] = FIELD.exec(field) ?? [];
      if (column === undefined || type === undefined) throw new Error(`${name}: cannot read ${JSON.stringify(field)}`);
      return [column, type];
    }),
  );
}
