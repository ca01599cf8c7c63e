import { useSyncExternalStore } from 'preact/compat';
import { useEffect, useState } from 'preact/hooks';
import { Home } from './home.js';
import { pathOf, routeOf, router, type Route } from './router.js';
import { SignIn } from './session/sign-in.js';
import { SignUp } from './session/sign-up.js';
import { sessions } from './session/session.js';
import { TextContext, useCatalogue, useText } from './text/text.js';
import { SessionContext, useRoute } from './use.js';

/** Where one wanted to go, also when one goes on from signing in to signing up. */
const wanted = {
  key: 'parley-wanted',
  keep: (route: Route) => sessionStorage.setItem(wanted.key, pathOf(route)),
  take: (): Route => {
    const path = sessionStorage.getItem(wanted.key) ?? '/';
    sessionStorage.removeItem(wanted.key);
    return routeOf(new URL(path, location.origin));
  },
};

export function App() {
  return (
    <TextContext.Provider value={useCatalogue()}>
      <Pages />
    </TextContext.Provider>
  );
}

/** The page where one wanted to go when one had to sign in first; it is the address then, too. */
function Pages() {
  const state = useSyncExternalStore(sessions.subscribe, sessions.current);
  const route = useRoute();
  const isAtTheDoor = route.page === 'sign-in' || route.page === 'sign-up';
  useEffect(() => {
    if (state.name === 'out' && !isAtTheDoor) wanted.keep(route);
    if (state.name === 'in' && isAtTheDoor) router.go(wanted.take(), { replace: true });
  }, [state.name, isAtTheDoor, route]);

  switch (state.name) {
    case 'unknown':
      return <Loading />;
    case 'out':
      return <AtTheDoor wantsAccount={route.page === 'sign-up'} wasEnded={state.wasEnded} />;
    case 'in':
      return (
        <SessionContext.Provider value={state.session} key={state.session.username}>
          <Home />
        </SessionContext.Provider>
      );
    default:
      return state satisfies never;
  }
}

/** Where nobody has an account yet, the first thing is to make one. */
function AtTheDoor({ wantsAccount, wasEnded }: { wantsAccount: boolean; wasEnded: boolean }) {
  const [isNew, setNew] = useState<boolean | undefined>(undefined);
  useEffect(() => void sessions.api.isNew().then(setNew, () => setNew(false)), []);
  if (isNew === undefined) return <Loading />;
  return wantsAccount || isNew ? <SignUp isFirst={isNew} /> : <SignIn wasEnded={wasEnded} />;
}

function Loading() {
  const text = useText();
  return (
    <main class="door" aria-busy="true">
      <p class="quiet">{text.app.loading}</p>
    </main>
  );
}
