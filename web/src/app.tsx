import { useSyncExternalStore } from 'preact/compat';
import { useEffect, useState } from 'preact/hooks';
import { Home } from './home.js';
import { router } from './router.js';
import { SignIn } from './session/sign-in.js';
import { SignUp } from './session/sign-up.js';
import { sessions } from './session/session.js';
import { useText } from './text/text.js';
import { SessionContext, useRoute } from './use.js';

/** The page where one wanted to go when one had to sign in first; it is the address then, too. */
export function App() {
  const state = useSyncExternalStore(sessions.subscribe, sessions.current);
  const route = useRoute();
  const text = useText();
  const isAtTheDoor = route.page === 'sign-in' || route.page === 'sign-up';
  useEffect(() => {
    if (state.name === 'in' && isAtTheDoor) router.go({ page: 'home' }, { replace: true });
  }, [state.name, isAtTheDoor]);

  switch (state.name) {
    case 'unknown':
      return (
        <main class="door" aria-busy="true">
          <p class="quiet">{text.app.loading}</p>
        </main>
      );
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
  const [isNew, setNew] = useState(false);
  useEffect(() => void sessions.api.isNew().then(setNew, () => undefined), []);
  return wantsAccount || isNew ? <SignUp isFirst={isNew} /> : <SignIn wasEnded={wasEnded} />;
}
