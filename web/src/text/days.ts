/** A day of the device's time zone, as epoch milliseconds: from its first to before the first of the next. */
export interface Day {
  readonly from: number;
  readonly to: number;
}

export function dayOf(at: number): Day {
  const from = new Date(at);
  from.setHours(0, 0, 0, 0);
  const to = new Date(from);
  to.setDate(to.getDate() + 1);
  return { from: from.getTime(), to: to.getTime() };
}
