import { z } from 'zod';
import { COLOURS } from './colours.js';
import { LIMITS } from './limits.js';

/** UTF-8 length without building the bytes for the common short case: a UTF-16 unit is at most three bytes. */
const encoder = new TextEncoder();
const fitsBytes = (text: string, maxBytes: number) =>
  text.length * 3 <= maxBytes || (text.length <= maxBytes && encoder.encode(text).length <= maxBytes);

const WELL_FORMED = 'expected well-formed Unicode, without NUL';
const isWellFormed = (text: string) => !/[\0\p{Cs}]/u.test(text);

export const username = z
  .string()
  .min(LIMITS.usernameMinChars)
  .max(LIMITS.usernameMaxChars)
  .regex(/^[A-Za-z0-9_.-]+$/, 'expected letters, digits, "_", "." or "-"');

/** How the name of somebody begins, or may: whatever is typed into a search box is searched for. */
export const usernamePrefix = z.string().min(1).max(LIMITS.usernameMaxChars).refine(isWellFormed, { error: WELL_FORMED });

export const password = z.string().min(LIMITS.passwordMinChars).max(LIMITS.passwordMaxChars);

/** Ids are opaque to clients; the bound keeps hostile ones small. */
export const id = z
  .string()
  .min(1)
  .max(64)
  .regex(/^[\x21-\x7e]+$/, 'expected an id that this server gave');

/** Whether it could be one. */
export const isId = (value: unknown): value is string => id.safeParse(value).success;

export const content = z
  .string()
  .min(1)
  .refine((text) => fitsBytes(text, LIMITS.contentMaxBytes), {
    error: `expected at most ${LIMITS.contentMaxBytes} bytes of UTF-8`,
  })
  .refine(isWellFormed, { error: WELL_FORMED });

/** 1–64 printable ASCII characters; at least 64 random bits recommended. */
export const clientMessageId = z
  .string()
  .min(1)
  .max(LIMITS.clientMessageIdMaxChars)
  .regex(/^[\x21-\x7e]+$/, 'expected printable ASCII without spaces');

export const requestId = z.string().min(1).max(LIMITS.requestIdMaxChars);

/** Names that people give to things: no control characters, no surrounding blanks. */
const label = (maxChars: number) =>
  z
    .string()
    .trim()
    .min(1)
    .max(maxChars)
    .regex(/^[^\p{Cc}\p{Cs}]+$/u, 'expected no control characters');
export const groupName = label(LIMITS.groupNameMaxChars);
export const displayName = label(LIMITS.displayNameMaxChars);
export const colour = z.enum(COLOURS);

export const seq = z.int().min(0);
/** Epoch milliseconds, UTC. */
export const time = z.int().min(0);
export const role = z.enum(['owner', 'admin', 'member']);
/** Who may join: anybody who knows the id, or only those whom an admin adds. */
export const access = z.enum(['open', 'invite']);
/** What a member may read: the whole log, or what came since joining. */
export const visibility = z.enum(['all', 'joined']);
export const status = z.enum(['online', 'away', 'offline']);

export type Role = z.infer<typeof role>;
export type Access = z.infer<typeof access>;
export type Visibility = z.infer<typeof visibility>;
export type Status = z.infer<typeof status>;
