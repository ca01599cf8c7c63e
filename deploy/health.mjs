// Exits with 0 if the server of this container answers GET /health/live, else with 1. It listens once its stores are open.
import http from 'node:http';
import https from 'node:https';

const { ROLES = 'api', HTTP_PORT, CHAT_PORT, PRESENCE_PORT, TLS_CERT } = process.env;
const does = (role) => ROLES.split(',').some((each) => each.trim() === role);
const port = portOf();
// Itself, by 127.0.0.1: its certificate is for another name.
const options = { host: '127.0.0.1', port, path: '/health/live', timeout: 2_000, rejectUnauthorized: false };
const request = (TLS_CERT ? https : http).get(options, (response) => process.exit(response.statusCode === 200 ? 0 : 1));
request.on('timeout', () => process.exit(1));
request.on('error', () => process.exit(1));

/** Each port tells how the process is; a worker alone opens that of the HTTP API for it. */
function portOf() {
  if (does('api')) return HTTP_PORT || 3000;
  if (does('chat')) return CHAT_PORT || 4000;
  return does('presence') ? PRESENCE_PORT || 5000 : HTTP_PORT || 3000;
}
