/**
 * Which builds may work beside which databases, by the names of the migration steps alone. A step of a newer build only
 * adds, and an older build goes on beside it. One that takes something away says so in its name:
 * `0009_drop_nicknames_after_0007` needs every build to know step 0007, from which on nobody uses nicknames.
 */

/** Steps that were run here and that this build does not know. Throws if one of them took away what this build needs. */
export function newerSteps(applied: readonly string[], known: readonly string[]): string[] {
  const newer = applied.filter((name) => !known.includes(name));
  const latest = Math.max(0, ...known.map(numberOf));
  const contracted = newer.find((name) => latest < neededBy(name));
  if (contracted !== undefined) {
    const needed = String(neededBy(contracted)).padStart(4, '0');
    throw new Error(
      `the database has had step ${contracted}: it needs a build that knows step ${needed}, and this one knows ${known.at(-1) ?? 'none'}; start a newer version`,
    );
  }
  return newer;
}

const numberOf = (name: string) => Number(/^\d{4}/.exec(name)?.[0] ?? 0);

/** The step that a build must know to work beside this one. */
const neededBy = (name: string) => Number(/_after_(\d{4})$/.exec(name)?.[1] ?? 0);
