/** From whom to whom, as the plan of a load says it. */
export interface Target {
  kind: 'direct' | 'group';
  conversationId: string;
  /** Direct only: the other person. */
  to: string;
}

/** What a frame from the server means to a load. */
export type Incoming =
  /** A message of somebody else. `stamp`: when it was meant to be sent. */
  | { kind: 'message'; conversationId: string; seq: number; stamp: number; stream: number | null }
  /** The server took a message of ours, and this is its place. */
  | { kind: 'accepted'; conversationId: string; seq: number; stamp: number; stream: number }
  | { kind: 'refused'; code: string; stream: number | null }
  /** Conversation id → its last seq: what there was before the load. */
  | { kind: 'inbox'; lastSeqs: [string, number][] }
  /** A page of history, with the highest seq that it covers. */
  | { kind: 'page'; conversationId: string; coversTo: number }
  | { kind: 'other' };

/** How the clients of one system talk. The frames around it are WebSocket's. */
export interface Dialect {
  /** What a client says first; it is ready once an inbox came. Null: it is ready at once. */
  readonly greeting: string | null;
  /** The server numbers messages and says so; else the number of a message in its stream is its seq. */
  readonly acknowledges: boolean;
  /** A message as text, with places for the numbers that change. */
  message(target: Target, stream: number, contentBytes: number): string;
  /** How a client says that it has everything up to `upTo`; null: such a thing is not said. */
  ack(target: Pick<Target, 'kind' | 'conversationId'>, upTo: number): string | null;
  /** How a client asks for a conversation's newest page; null: there is none. */
  open(target: Pick<Target, 'kind' | 'conversationId'>, limit: number): string | null;
  read(text: string): Incoming;
}
