/** What two people say in turns. */
const DIALOGUES: readonly (readonly [string, ...string[]])[] = [
  [
    'Are you coming on Thursday?',
    'Yes, but I will be late. Seven?',
    'Seven is fine, the table is booked for half past.',
    'Perfect. Should I bring anything?',
    'Only yourself. And the book, if you are done with it!',
    'Two chapters left 😅',
    'No hurry then.',
    'How many are we?',
    'Six, with the two from upstairs.',
    'Lovely. See you Thursday!',
  ],
  [
    'The build is red again.',
    'I saw. It is the clock in the session test.',
    'Can you take it, or should I?',
    'On it. Give me ten minutes.',
    'Thanks!',
    'Found it: a time zone, of course.',
    'Of course 🙂',
    'Pushed. Could you look at it?',
    'Reads well. Merged.',
    'Green. Lunch?',
  ],
  [
    'Did the parcel come?',
    'Not yet. They said between two and six.',
    'They always say that.',
    'Wait, somebody is at the door.',
    '…and?',
    'It is here! It is huge.',
    'Careful, the lamp is on top.',
    'Nothing broken, all fine.',
    'Great. Photos please!',
    'Tonight, when it hangs.',
  ],
  [
    'Good morning! How was the night train?',
    'Slow, but I slept. Breakfast with a view of the sea.',
    'I am jealous. It is raining here.',
    'Then the plants are happy at least.',
    'They are. I watered them anyway on Monday.',
    'You are the best. What may I bring you?',
    'Olives!',
    'Noted. Two jars.',
    'When are you back?',
    'Sunday evening, if the connection holds.',
  ],
];

const CHATTER: readonly (readonly [string, ...string[]])[] = [
  [
    'Who is in for Saturday?',
    'Me!',
    'Me too, if we start after ten.',
    'Ten at the usual place?',
    'Works for me.',
    'I can take three in the car.',
    'I have the ropes.',
    'Forecast says sun ☀️',
    'I bring coffee.',
    'See you all there!',
  ],
  [
    'Next one: who has a proposal?',
    'Something short this time, please.',
    'There is a new translation of the letters.',
    'How long?',
    '180 pages.',
    'I am for it.',
    'So am I.',
    'Then the letters it is. Three weeks?',
    'Four, I am away for one.',
    'Four weeks. I write it in the calendar.',
  ],
  [
    'The heating is off again, is it only me?',
    'Cold here too.',
    'I called, somebody comes at two.',
    'Thank you! I am at home and can let them in.',
    'They are here.',
    'A valve. They have the part with them.',
    'It is getting warm!',
    'Well done everybody.',
  ],
];

const GROUPS: readonly [string, ...string[]] = [
  'Climbing',
  'Book club',
  'Number 14',
  'Sunday football',
  'Release crew',
  'Choir',
  'Garden',
  'Trip to the lake',
  'Film night',
  'Parents of 3b',
];

/** Turn `turn` of the chat with this number; the same at each call. */
export const chatLine = (topic: number, turn: number): string => lineOf(DIALOGUES, topic, turn);

/** Like `chatLine`, of a group. */
export const groupLine = (topic: number, turn: number): string => lineOf(CHATTER, topic, turn);

/** The name of the group with this number; different for each. */
export function groupName(index: number): string {
  const round = Math.floor(index / GROUPS.length) + 1;
  const name = of(GROUPS, index);
  return round === 1 ? name : `${name} ${round}`;
}

/** When a talk is at its end, the next one begins. */
function lineOf(talks: readonly (readonly [string, ...string[]])[], topic: number, turn: number): string {
  let at = topic % talks.length;
  let left = turn % talks.flat().length;
  for (;;) {
    const talk = talks[at] ?? [''];
    if (left < talk.length) return of(talk, left);
    left -= talk.length;
    at = (at + 1) % talks.length;
  }
}

const of = (list: readonly [string, ...string[]], index: number): string => list[index % list.length] ?? list[0];
