/** What asks one of the databases; `Statement` is how it takes its SQL. */
export interface Asker<Statement> {
  /** Rows as tuples, in the order of the columns. The caller names their type. */
  rows<Row extends unknown[]>(statement: Statement, parameters: readonly unknown[]): Promise<Row[]>;
  row<Row extends unknown[]>(statement: Statement, parameters: readonly unknown[]): Promise<Row | undefined>;
}
