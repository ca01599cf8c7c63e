import { render } from 'preact';
import { App } from './app.js';
import { sessions } from './session/session.js';
import { catalogue } from './text/text.js';
import './ui/tokens.css';
import './ui/base.css';
import './ui/app.css';

/** By then the first page stands, mostly. */
const SETTLED_MS = 2_000;

void catalogue.load();
void sessions.find();
const root = document.getElementById('app');
if (root !== null) render(<App />, root);
// What it fetches for the next time must not be in the way of this one.
if ('serviceWorker' in navigator && import.meta.env.PROD)
  setTimeout(() => void navigator.serviceWorker.register('/sw.js'), SETTLED_MS);
