/** Who asks: the user of a token whose session holds. */
export interface Caller {
  userId: string;
  username: string;
  sessionId: string;
}
