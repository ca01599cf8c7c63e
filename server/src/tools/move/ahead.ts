/** Does `task` with each item, up to `lanes` at a time, and gives the results in the order of the items. */
export async function* ahead<T, R>(items: AsyncIterable<T>, lanes: number, task: (item: T) => Promise<R>): AsyncIterable<R> {
  const underWay: Promise<R>[] = [];
  for await (const item of items) {
    const result = task(item);
    // Whoever takes it from the line hears of it; until then it fails in silence.
    result.catch(() => undefined);
    underWay.push(result);
    if (underWay.length >= lanes) yield (await underWay.shift()) as R;
  }
  for (const result of underWay) yield await result;
}
