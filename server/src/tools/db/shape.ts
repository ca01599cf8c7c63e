/** Table → column → type in the words of TypeScript. */
export type Shape = Map<string, Map<string, string>>;

/** Where the two are not the same, one line each. */
export function differences(types: Shape, database: Shape): string[] {
  return union(types, database).flatMap((table) => {
    const [typed, stored] = [types.get(table), database.get(table)];
    if (typed === undefined) return [`${table}: a table of the database, not of the types`];
    if (stored === undefined) return [`${table}: a table of the types, not of the database`];
    return columnDifferences(table, typed, stored);
  });
}

function columnDifferences(table: string, typed: Map<string, string>, stored: Map<string, string>): string[] {
  return union(typed, stored)
    .filter((column) => typed.get(column) !== stored.get(column))
    .map((column) => `${table}.${column}: ${said(typed.get(column))} in the types, ${said(stored.get(column))} in the database`);
}

const said = (type: string | undefined) => type ?? 'missing';

const union = (a: Map<string, unknown>, b: Map<string, unknown>) => [...new Set([...a.keys(), ...b.keys()])].sort();
