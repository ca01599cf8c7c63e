import { render } from 'preact';
import { App } from './app.js';
import { sessions } from './session/session.js';
import { catalogue } from './text/text.js';
import './ui/tokens.css';
import './ui/base.css';
import './ui/app.css';

void catalogue.load();
void sessions.find();
const root = document.getElementById('app');
if (root !== null) render(<App />, root);
// What it fetches for the next time must not be in the way of what this page loads.
if ('serviceWorker' in navigator && import.meta.env.PROD)
  addEventListener('load', () => void navigator.serviceWorker.register('/sw.js').catch(() => undefined));
