/**
 * What must have happened in a run of many seeds, or it has not tried what it claims to: each by a word that the models,
 * the devices, or the servers' own log lines and counters say.
 */
export const SOMETIMES: Readonly<Record<string, string>> = {
  'a message came again, and was known (D3)': 'messages_repeated',
  'a connection broke before its commit': 'a connection broke before its commit',
  'a connection broke after its commit': 'a connection broke after its commit',
  'what became of a batch was asked (R1)': 'the connection broke while appending; asking what became of it',
  'PostgreSQL was found to be away (R7)': 'PostgreSQL cannot be reached',
  'a hint could not be sent': 'hints_lost',
  'healing read what no hint had brought (R9)': 'a hint that was lost was healed',
  'a dead server was claimed (R10)': 'a dead server was claimed',
  'a dead server was taken over (R10)': 'a dead server was taken over',
  'entries of a dead server were handed on (R10)': 'entries of a dead server were handed on',
  'a server came back that was taken for dead (R10)': 'a server came back that was taken for dead',
  'a device was asked to read its inbox again': 'told resync',
  'a device was told to move (D10)': 'told draining',
  'a message was refused with the one before it (R4)': 'refused previous_failed',
  'a newest page came from Redis (R17)': 'page_cache_hits',
  'a session came from Redis (R23)': 'session_cache_hits',
  'a page came from the archive': 'entries came from the archive',
  'entries waited for the archive (D11)': 'entries wait in the journal: the archive does not take them',
  'a write to Cassandra timed out and is there': 'a write to Cassandra timed out and is there',
  'a write to Cassandra came after its timeout': 'a write to Cassandra came after its timeout',
  'a part of the journal was dropped': 'a part of the journal was dropped',
};
