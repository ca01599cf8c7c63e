import type { http } from '@parley/protocol';

export interface Answer<T> {
  status: number;
  body: T;
  headers: Headers;
}

/** One HTTP request with a JSON body. */
export async function call<T = unknown>(
  base: string,
  method: string,
  path: string,
  options: { token?: string; body?: unknown; headers?: Record<string, string> } = {},
): Promise<Answer<T>> {
  const { token, body, headers } = options;
  const response = await fetch(`${base}${path}`, {
    method,
    headers: {
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, body: (text === '' ? null : JSON.parse(text)) as T, headers: response.headers };
}

export const PASSWORD = 'correct horse battery';

/** Registers somebody, and gives their token. */
export async function register(base: string, username: string): Promise<http.Authenticated> {
  const answer = await call<http.Authenticated>(base, 'POST', '/auth/register', { body: { username, password: PASSWORD } });
  if (answer.status !== 201) throw new Error(`cannot register ${username}: ${JSON.stringify(answer.body)}`);
  return answer.body;
}

export async function login(base: string, username: string): Promise<http.Authenticated> {
  const answer = await call<http.Authenticated>(base, 'POST', '/auth/login', { body: { username, password: PASSWORD } });
  if (answer.status !== 200) throw new Error(`cannot sign ${username} in: ${JSON.stringify(answer.body)}`);
  return answer.body;
}
