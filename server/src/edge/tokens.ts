import { subtle, type webcrypto } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { errors, jwtVerify, SignJWT } from 'jose';
import { LRUCache } from 'lru-cache';
import { Refusal } from '@parley/protocol';
import type { Caller } from '../chat/caller.js';
import type { Sessions } from '../chat/sessions.js';
import type { Runtime } from '../ports/runtime.js';

const ISSUER = 'parley';
/** Another one, so that a ticket can never pass for a token. */
const TICKET_ISSUER = 'parley/ticket';
/** A page asks for a ticket just before it opens a socket. */
const TICKET_HOLDS_S = 60;
const ALGORITHM = 'HS256';
/** Ours have about 300; a hostile one must not cost more to refuse. */
const TOKEN_MAX_CHARS = 2_048;
/** The WebSocket subprotocol that a browser names before its token, and that the server then selects. */
export const SUBPROTOCOL = 'parley';

/** Whose token it is, and until when it holds. */
export interface Bearer extends Caller {
  expiresAt: number;
}

const VERIFIED_MAX = 10_000;

/** Tokens: signed, short of secrets, and good only as long as their session. */
export class Tokens {
  readonly #key: Promise<webcrypto.CryptoKey>;
  /** Tokens whose signature was right: it stays so. Whether the session holds is asked each time. */
  readonly #verified = new LRUCache<string, Caller>({ max: VERIFIED_MAX });
  readonly #sessions: Pick<Sessions, 'check'>;
  readonly #runtime: Runtime;

  constructor(secret: string, sessions: Pick<Sessions, 'check'>, runtime: Runtime) {
    // Imported once: jose would import a plain secret for each token, at a third of the cost of verifying it.
    this.#key = subtle.importKey('raw', Buffer.from(secret), { name: 'HMAC', hash: 'SHA-256' }, false, ['sign', 'verify']);
    this.#sessions = sessions;
    this.#runtime = runtime;
  }

  /** A token for a session. */
  issue(bearer: Bearer): Promise<string> {
    return this.#sign(bearer, ISSUER, Math.ceil(bearer.expiresAt / 1_000));
  }

  /** A ticket for a session: opens sockets, for a minute. What it opened lives as long as the session. */
  async ticket(caller: Caller): Promise<{ ticket: string; expiresAt: number }> {
    const expiresAtS = Math.floor(this.#runtime.now() / 1_000) + TICKET_HOLDS_S;
    return { ticket: await this.#sign(caller, TICKET_ISSUER, expiresAtS), expiresAt: expiresAtS * 1_000 };
  }

  /** Verifies the token and that its session holds; refuses `not_authenticated` otherwise. */
  authenticate(token: string | null): Promise<Bearer> {
    return this.#authenticate(token, [ISSUER]);
  }

  /** The same for who opens a socket: by a token or by a ticket. */
  authenticateSocket(token: string | null): Promise<Bearer> {
    return this.#authenticate(token, [ISSUER, TICKET_ISSUER]);
  }

  async #sign({ userId, username, sessionId }: Caller, issuer: string, expiresAtS: number): Promise<string> {
    return new SignJWT({ name: username, sid: sessionId })
      .setProtectedHeader({ alg: ALGORITHM, typ: 'JWT' })
      .setIssuer(issuer)
      .setSubject(userId)
      .setIssuedAt(Math.floor(this.#runtime.now() / 1_000))
      .setExpirationTime(expiresAtS)
      .sign(await this.#key);
  }

  async #authenticate(token: string | null, issuers: string[]): Promise<Bearer> {
    if (token === null || token.length > TOKEN_MAX_CHARS) throw new Refusal('not_authenticated');
    const caller = this.#verified.get(token) ?? (await this.#verify(token, issuers));
    const session = await this.#sessions.check(caller.sessionId);
    if (session?.userId !== caller.userId) throw new Refusal('not_authenticated');
    return { ...caller, expiresAt: session.expiresAt };
  }

  async #verify(token: string, issuers: string[]): Promise<Caller> {
    const { iss, sub, name, sid } = await this.#claims(token, issuers);
    if (typeof sub !== 'string' || typeof name !== 'string' || typeof sid !== 'string') throw new Refusal('not_authenticated');
    const caller = { userId: sub, username: name, sessionId: sid };
    // Not a ticket: it ends before its session.
    if (iss === ISSUER) this.#verified.set(token, caller);
    return caller;
  }

  async #claims(token: string, issuers: string[]): Promise<{ iss?: unknown; sub?: unknown; name?: unknown; sid?: unknown }> {
    try {
      const options = {
        algorithms: [ALGORITHM],
        issuer: issuers,
        requiredClaims: ['sub', 'name', 'sid', 'exp'],
        currentDate: new Date(this.#runtime.now()),
      };
      return (await jwtVerify(token, await this.#key, options)).payload;
    } catch (error) {
      if (error instanceof errors.JOSEError) throw new Refusal('not_authenticated');
      throw error;
    }
  }
}

/** The token of `Authorization: Bearer …`. */
export function bearerToken(authorization: string | undefined): string | null {
  return /^bearer +(\S+)$/i.exec(authorization ?? '')?.[1] ?? null;
}

/**
 * The token of a WebSocket upgrade: `Authorization: Bearer`, or the subprotocols `parley`, `<token>` (browsers), or
 * `?token=` (tools; the URL is never logged).
 */
export function upgradeToken(request: { headers: IncomingHttpHeaders; url?: string | undefined }): string | null {
  return (
    bearerToken(request.headers.authorization) ??
    subprotocolToken(request.headers['sec-websocket-protocol']) ??
    queryToken(request.url)
  );
}

function subprotocolToken(header: string | undefined): string | null {
  const [name, token] = (header ?? '').split(',').map((item) => item.trim());
  return name === SUBPROTOCOL && token ? token : null;
}

function queryToken(url = ''): string | null {
  const start = url.indexOf('?');
  return start < 0 ? null : new URLSearchParams(url.slice(start + 1)).get('token');
}
