import type { http } from '@parley/protocol';

/** Somebody who may connect. */
export interface Person {
  username: string;
  token: string;
}

const AT_ONCE = 4;

/** Registers so many people, as anybody would. A password costs the server 10 to 20 ms. */
export async function registerPeople(httpUrl: string, count: number, onProgress: (done: number) => void): Promise<Person[]> {
  const people: Person[] = [];
  const numbers = Array.from({ length: count }, (_, i) => i).values();
  const registerSome = async () => {
    for (const number of numbers) {
      const username = `user${String(number).padStart(5, '0')}`;
      const { token } = await post<http.Authenticated>(httpUrl, '/auth/register', {
        username,
        password: `password of ${username}`,
      });
      people.push({ username, token });
      onProgress(people.length);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, registerSome));
  return people;
}

/** The id of the direct chat of two people. */
export async function startChat(httpUrl: string, one: Person, other: Person): Promise<string> {
  const { chatId } = await post<http.ChatRef>(httpUrl, '/chats', { with: other.username }, one.token);
  return chatId;
}

/** The id of a new group of all of them; the first owns it. */
export async function createGroup(httpUrl: string, [owner, ...others]: Person[]): Promise<string> {
  const members = others.map(({ username }) => username);
  const { groupId } = await post<{ groupId: string }>(httpUrl, '/groups', { name: 'Benchmark', members }, owner?.token);
  return groupId;
}

async function post<T>(httpUrl: string, path: string, body: object, token?: string): Promise<T> {
  const answer = await fetch(httpUrl + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(token !== undefined && { authorization: `Bearer ${token}` }) },
    body: JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(`POST ${path} answered ${answer.status}: ${await answer.text()}`);
  return (await answer.json()) as T;
}
