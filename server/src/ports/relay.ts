/** Frames for people who are connected to other servers. */
export interface Relay {
  /** Says that this server has, or no longer has, a connection of the user. Registered before state is read (R8). */
  here(userId: string, connected: boolean): void;
  /**
   * Those of the users who are connected to no server other than this one. The caller has delivered to its own.
   * An embedded server is alone: all of them.
   */
  absent(userIds: string[]): string[];
}
