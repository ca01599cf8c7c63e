/** Every bound that a peer must respect, with its unit in its name. Rates are settings of the server, not constants. */
export const LIMITS = {
  usernameMinChars: 3,
  usernameMaxChars: 32,
  passwordMinChars: 8,
  passwordMaxChars: 256,
  displayNameMaxChars: 64,
  groupNameMaxChars: 100,
  /** One message's text in UTF-8. */
  contentMaxBytes: 16_384,
  /** One WebSocket message in UTF-8, either direction from a client. */
  frameMaxBytes: 65_536,
  bodyMaxBytes: 65_536,
  clientMessageIdMaxChars: 64,
  requestIdMaxChars: 64,
  historyDefaultEntries: 50,
  historyMaxEntries: 100,
  /** A history reply ends early, with `hasMore`, once it holds this much. */
  replyMaxBytes: 262_144,
  inboxDefaultConversations: 50,
  inboxMaxConversations: 200,
  membersDefault: 100,
  membersMax: 500,
  usersDefault: 20,
  usersMax: 50,
  /** People outside one's friends whose presence one connection may watch at a time. */
  presenceWatchMaxUsers: 200,
  /** People that one request may ask about. */
  peopleMax: 100,
  /** Above this size a group's members get no receipts pushed; they ask for the member list. */
  receiptsPushedUpToMembers: 256,
  /** How long a repeated `clientMessageId` is sure to be recognised. */
  idempotencyDays: 7,
} as const;
