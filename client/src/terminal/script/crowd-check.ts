/** A message as one device showed it. */
export interface Shown {
  id: string;
  seq: number;
  from: string;
  content: string;
}

/** What a device has of a conversation, and what it announced, in the order in which it did. */
export interface Witness {
  username: string;
  timeline: readonly Shown[];
  announced: readonly Shown[];
}

/** What is wrong with it; all 0 is right. */
export interface Findings {
  username: string;
  /** Said, and not in the timeline. */
  missing: number;
  /** In the timeline, or announced, more than once. */
  repeated: number;
  /** In the timeline out of the order of seqs, or one person's not in the order in which they said them. */
  disordered: number;
  /** At another place than with the first device. */
  different: number;
}

/** Compares what everybody was shown with what was said: by username, in order. */
export function checkCrowd(said: ReadonlyMap<string, readonly string[]>, witnesses: readonly Witness[]): Findings[] {
  const first = witnesses[0]?.timeline.map(placeOf) ?? [];
  return witnesses.map(({ username, timeline, announced }) => ({
    username,
    missing: missingIn(timeline, said),
    repeated: repeats(timeline) + repeats(announced),
    disordered: jumps(timeline) + swaps(timeline, said),
    different: timeline.filter((shown, index) => placeOf(shown) !== first[index]).length,
  }));
}

export const isRight = ({ missing, repeated, disordered, different }: Findings) =>
  missing + repeated + disordered + different === 0;

/** The findings of one device, in a line. */
export function findingsText({ username, missing, repeated, disordered, different }: Findings): string {
  return `${username}: ${missing} missing, ${repeated} repeated, ${disordered} out of order, ${different} different`;
}

const placeOf = ({ seq, id }: Shown) => `${seq} ${id}`;

function missingIn(timeline: readonly Shown[], said: ReadonlyMap<string, readonly string[]>): number {
  const have = new Set(timeline.map(({ from, content }) => `${from} ${content}`));
  return [...said].flatMap(([from, contents]) => contents.filter((content) => !have.has(`${from} ${content}`))).length;
}

const repeats = (shown: readonly Shown[]) => shown.length - new Set(shown.map(({ id }) => id)).size;

const jumps = (timeline: readonly Shown[]) =>
  timeline.filter(({ seq }, index) => index > 0 && seq <= (timeline[index - 1]?.seq ?? 0)).length;

function swaps(timeline: readonly Shown[], said: ReadonlyMap<string, readonly string[]>): number {
  let swapped = 0;
  for (const [from, contents] of said) {
    const place = new Map(contents.map((content, index) => [content, index]));
    const places = timeline.flatMap((shown) => (shown.from === from ? (place.get(shown.content) ?? []) : []));
    swapped += places.filter((at, index) => index > 0 && at < (places[index - 1] ?? 0)).length;
  }
  return swapped;
}
