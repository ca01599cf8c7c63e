/** Does `task` with each item, `lanes` of them at a time. Rejects with the first failure, and then starts no other. */
export async function inLanes<T>(items: readonly T[], lanes: number, task: (item: T) => Promise<void>): Promise<void> {
  const rest = items.values();
  let failed = false;
  const lane = async () => {
    for (const item of rest) {
      if (failed) return;
      await task(item);
    }
  };
  const stop = (error: unknown) => {
    failed = true;
    throw error;
  };
  await Promise.all(Array.from({ length: Math.min(lanes, items.length) }, () => lane().catch(stop)));
}
