import type { Target } from '../dialects/dialect.js';
import type { Summary } from '../measure/histogram.js';

/** When messages are sent. */
export type Pace =
  /** Open loop: so many a second over all streams, whatever the server does. */
  | { kind: 'rate'; perS: number }
  /** Saturation: each stream keeps so many unanswered. Latency says little then. */
  | { kind: 'window'; inFlight: number };

/** One who sends, and to where. */
export interface Stream extends Target {
  /** Index in `clients`. */
  client: number;
}

export interface PlannedClient {
  token: string;
  /** The loopback address to connect from: each has its own ports. */
  localAddress?: string;
  /** Where it connects, if not where the plan says. */
  server?: Server;
}

/** A door for chat sockets. */
export interface Server {
  host: string;
  port: number;
  path: string;
}

/** Everything that a generator needs to know. */
export interface Plan extends Server {
  dialect: 'parley' | 'relay';
  clients: PlannedClient[];
  /** Connections that are being opened at the same time. */
  connectingAtOnce: number;
  streams: Stream[];
  contentBytes: number;
  pace: Pace;
  /** Everybody opens a conversation, once, within so long after something came for them in it. Absent: nobody does. */
  openWithinMs?: number;
  warmUpMs: number;
  measureMs: number;
}

/** What was counted, from the first message to the last. */
export interface Counts {
  sent: number;
  acknowledged: number;
  refused: number;
  delivered: number;
  duplicated: number;
  outOfOrder: number;
  /** Acknowledgements of receipt that clients sent. */
  acksSent: number;
  /** Newest pages that were asked for, and those of them that lacked what their reader had already. */
  opened: number;
  stale: number;
  /** Connections that ended, or broke the protocol, unasked. */
  broken: number;
}

/** What a load came to. */
export interface LoadReport {
  counts: Counts;
  /** Acknowledged but not received, over all who should have. */
  lost: number;
  /** Neither acknowledged nor refused when the wait for it ended. */
  unanswered: number;
  /** From the first to the last moment of the measured window. */
  window: { ms: number; sent: number; acknowledged: number; delivered: number; opened: number };
  /** From the intended sending to the receiver, and to the sender's SUCCESS; of messages of the window. */
  endToEnd: Summary;
  acknowledgement: Summary;
  /** From asking for a newest page to having it. */
  opening: Summary;
  /** Deliveries in each second of the window. */
  deliveredPerS: number[];
  /** Points of the distribution of `endToEnd`: share of messages, milliseconds. */
  endToEndCurve: [share: number, ms: number][];
  /** How late the generator's own event loop was, in ms: above 10 the run is not to be trusted. */
  ownLagP99: number;
  refusals: Record<string, number>;
}

export type ToGenerator = { type: 'plan'; plan: Plan } | { type: 'go' } | { type: 'stop' };
export type FromGenerator =
  | { type: 'connecting'; done: number }
  | { type: 'connected'; ms: number }
  /** The window begins, and ends: the moments at which the server's CPU is read. */
  | { type: 'measuring' }
  | { type: 'measured' }
  | { type: 'progress'; delivered: number; acknowledged: number }
  | { type: 'report'; report: LoadReport }
  | { type: 'failed'; message: string };
