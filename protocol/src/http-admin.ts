import { z } from 'zod';
import * as f from './fields.js';
import { LIMITS } from './limits.js';

/* What operators ask and are told: the routes under `/admin/api`. */

const count = z.int().min(0);

/** An account as operators see it. */
export const AdminUser = z
  .object({
    userId: f.id,
    username: f.username,
    displayName: f.displayName.nullable(),
    createdAt: f.time,
    lastSeen: f.time.nullable(),
    admin: z.boolean(),
    /** Null: it is not. */
    suspendedAt: f.time.nullable(),
  })
  .meta({ id: 'AdminUser' });
/** Without `prefix` all; the next page begins `after` the last of this one. */
export const AdminUserSearch = z.object({
  prefix: f.usernamePrefix.optional(),
  after: f.username.optional(),
  limit: z.coerce.number().int().min(1).max(LIMITS.usersMax).default(LIMITS.usersDefault),
});
export const AdminUsers = z.object({ users: z.array(AdminUser), hasMore: z.boolean() });
export const SessionsEnded = z.object({ ended: count });

/** What one server is doing. */
export const ServerNumbers = z
  .object({
    server: z.string(),
    version: z.string(),
    roles: z.array(z.string()),
    /** Seconds. */
    uptime: z.number(),
    connections: z.object({ chat: count, presence: count }),
    /** Accepted by this server, over the last seconds. */
    messagesPerSecond: z.number().min(0),
    /** Commands that wait for a transaction. */
    commitQueue: count,
    /** Entries that the archive does not have yet; null: there is no archive. */
    unarchived: count.nullable(),
    memoryBytes: count,
    at: f.time,
  })
  .meta({ id: 'ServerNumbers' });
export const Numbers = z
  .object({
    servers: z.array(ServerNumbers),
    /** False: the other servers could not be asked. */
    isComplete: z.boolean(),
    /** Conversations that absent people are owed messages of. */
    offlineRows: count,
  })
  .meta({ id: 'Numbers' });

export const AdminHealth = z
  .object({
    status: z.enum(['ok', 'degraded', 'draining']),
    parts: z.array(
      z.object({
        name: z.string(),
        state: z.enum(['ok', 'slow', 'failing']),
        /** Of the last answer, in milliseconds; null: it has not answered yet. */
        latencyMs: z.number().min(0).nullable(),
        /** Without it this server serves nobody. */
        isVital: z.boolean(),
      }),
    ),
  })
  .meta({ id: 'AdminHealth' });

/** A queue in figures. */
export const JobQueue = z
  .object({
    queue: z.string(),
    waiting: count,
    active: count,
    delayed: count,
    dead: count,
    /** Of a repeatable job: when its next turn is due. */
    nextAt: f.time.nullable(),
  })
  .meta({ id: 'JobQueue' });
const jobId = z
  .string()
  .min(3)
  .max(200)
  .meta({ description: 'As the list has it.', examples: ['offline/17'] });
/** A job that failed for good. */
export const DeadLetter = z
  .object({
    id: jobId,
    name: z.string(),
    attempts: count,
    addedAt: f.time,
    failedAt: f.time.nullable(),
    reason: z.string().nullable(),
    /** What it carries, as JSON. */
    data: z.string(),
  })
  .meta({ id: 'DeadLetter' });
/** The embedded profile has neither: `queues` is null there. The newest dead letters first, of all queues. */
export const Queues = z
  .object({ queues: z.array(JobQueue).nullable(), deadLetters: z.array(DeadLetter), hasMore: z.boolean() })
  .meta({ id: 'Queues' });
export const DeadLetterRef = z.object({ id: jobId }).meta({ examples: [{ id: 'offline/17' }] });

export const AUDIT_ACTIONS = [
  'make_admin',
  'revoke_admin',
  'suspend',
  'unsuspend',
  'revoke_sessions',
  'replay_job',
  'drop_job',
] as const;
/** Something that an operator did. */
export const AuditEntry = z
  .object({
    id: f.id,
    at: f.time,
    /** Null: somebody at the command line of a server. */
    actor: f.username.nullable(),
    action: z.enum(AUDIT_ACTIONS),
    /** A username, or the id of a job. */
    target: z.string(),
    address: z.string().nullable(),
  })
  .meta({ id: 'AuditEntry' });
/** The next page ends `before` the last of this one. */
export const AuditPage = z.object({
  before: f.id.optional(),
  limit: z.coerce.number().int().min(1).max(100).default(50),
});
export const AuditLog = z.object({ entries: z.array(AuditEntry), hasMore: z.boolean() });

export type AdminUser = z.infer<typeof AdminUser>;
export type AdminUsers = z.infer<typeof AdminUsers>;
export type ServerNumbers = z.infer<typeof ServerNumbers>;
export type Numbers = z.infer<typeof Numbers>;
export type AdminHealth = z.infer<typeof AdminHealth>;
export type JobQueue = z.infer<typeof JobQueue>;
export type DeadLetter = z.infer<typeof DeadLetter>;
export type Queues = z.infer<typeof Queues>;
export type AuditEntry = z.infer<typeof AuditEntry>;
export type AuditLog = z.infer<typeof AuditLog>;
