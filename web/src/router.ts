export const ADMIN_PARTS = ['overview', 'people', 'queues', 'audit'] as const;
export type AdminPart = (typeof ADMIN_PARTS)[number];

/** The pages of the app, each with what its address says. */
export type Route =
  | { page: 'home' }
  | { page: 'sign-in' }
  | { page: 'sign-up' }
  /** `seq`: a message that the link points to. */
  | { page: 'chat'; username: string; seq: number | null }
  | { page: 'group'; groupId: string; seq: number | null }
  /** A group that one was invited to. */
  | { page: 'join'; groupId: string }
  | { page: 'settings' }
  | { page: 'admin'; part: AdminPart }
  | { page: 'nowhere' };

export function routeOf({ pathname, hash }: { pathname: string; hash: string }): Route {
  const [first = '', second, ...rest] = pathname.split('/').filter(Boolean).map(decoded);
  const seq = /^#(\d+)$/.exec(hash)?.[1];
  const at = { seq: seq === undefined ? null : Number(seq) };
  if (rest.length > 0) return { page: 'nowhere' };
  if (second !== undefined) {
    if (first === 'admin') return adminAt(second);
    if (first === 'c') return { page: 'chat', username: second, ...at };
    if (first === 'join') return { page: 'join', groupId: second };
    return first === 'g' ? { page: 'group', groupId: second, ...at } : { page: 'nowhere' };
  }
  switch (first) {
    case '':
      return { page: 'home' };
    case 'sign-in':
    case 'sign-up':
    case 'settings':
      return { page: first };
    case 'admin':
      return { page: 'admin', part: 'overview' };
    default:
      return { page: 'nowhere' };
  }
}

export function pathOf(route: Route): string {
  const hash = 'seq' in route && route.seq !== null ? `#${route.seq}` : '';
  switch (route.page) {
    case 'home':
    case 'nowhere':
      return '/';
    case 'chat':
      return `/c/${encodeURIComponent(route.username)}${hash}`;
    case 'group':
      return `/g/${encodeURIComponent(route.groupId)}${hash}`;
    case 'join':
      return `/join/${encodeURIComponent(route.groupId)}`;
    case 'sign-in':
    case 'sign-up':
    case 'settings':
      return `/${route.page}`;
    case 'admin':
      return route.part === 'overview' ? '/admin' : `/admin/${route.part}`;
    default:
      return route satisfies never;
  }
}

function adminAt(name: string): Route {
  const part = ADMIN_PARTS.find((each) => each === name);
  return part === undefined ? { page: 'nowhere' } : { page: 'admin', part };
}

/** A malformed escape is a name that nobody has. */
function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** Where the app is. Back and forward of the browser work as everywhere. */
class Router {
  #route = routeOf(location);
  readonly #listeners = new Set<() => void>();

  constructor() {
    addEventListener('popstate', () => this.#move());
    addEventListener('hashchange', () => this.#move());
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  readonly current = (): Route => this.#route;

  go(route: Route, { replace = false } = {}): void {
    history[replace ? 'replaceState' : 'pushState'](null, '', pathOf(route));
    this.#move();
  }

  #move(): void {
    this.#route = routeOf(location);
    for (const listener of this.#listeners) listener();
  }
}

export const router = new Router();
