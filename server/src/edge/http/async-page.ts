import { CLOSE_CODES, ERROR_CODES } from '@parley/protocol';
import { socketDocs, type Frame, type SocketDoc } from './async-api.js';

/** The style of the page, inline: allowed by its hash. There is no script. */
export const ASYNC_PAGE_STYLE = `
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
html { scroll-padding-top: .5rem; }
body { max-width: 52rem; margin: 0 auto; padding: 1rem; }
nav a { display: inline-block; margin-right: .75rem; }
section { border-top: 1px solid #8886; padding: .5rem 0; }
h3 { font: 600 1rem ui-monospace, monospace; margin: .5rem 0 0; }
code { background: #8882; padding: 0 .2em; border-radius: .2em; overflow-wrap: anywhere; }
pre { background: #8882; padding: .75rem; overflow-x: auto; border-radius: .4rem; }
td, th { text-align: left; padding: .15rem 1rem .15rem 0; vertical-align: top; }
div { overflow-x: auto; }
@media (max-width: 32rem) { table { font-size: .85rem; } td, th { padding-right: .6rem; } }
`;

/** The frames of both sockets for people: each with what it is for, an example and its schema. */
export function asyncPage(version: string): string {
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Parley sockets</title><style>${ASYNC_PAGE_STYLE}</style></head>
<body><main><h1>Parley sockets <small>${escape(version)}</small></h1>
<p>JSON text frames with a <code>type</code>. A request may carry <code>requestId</code>; its SUCCESS or ERROR repeats it.
The token goes into <code>Authorization: Bearer</code>, the subprotocols <code>parley</code>, <code>&lt;token&gt;</code>, or
<code>?token=</code>. The same as a document: <a href="/asyncapi.json">asyncapi.json</a>. The HTTP API: <a href="/docs">docs</a>.</p>
<nav aria-label="Contents">${socketDocs().map(contents).join('')}</nav>
${socketDocs().map(socketPart).join('\n')}
<h2>Error codes</h2>${table(
    ['code', 'retryable', 'meaning'],
    Object.entries(ERROR_CODES).map(([code, { retryable, about }]) => [code, retryable ? 'yes' : 'no', about]),
  )}
<h2>Close codes</h2>${table(
    ['code', 'reason', 'meaning'],
    Object.entries(CLOSE_CODES).map(([reason, { code, about }]) => [String(code), reason, about]),
  )}
</main></body></html>
`;
}

const contents = ({ name }: SocketDoc) =>
  `<a href="#${name}-commands">${name}: client → server</a><a href="#${name}-events">${name}: server → client</a>`;

const socketPart = (socket: SocketDoc) => `<h2 id="${socket.name}-commands">${socket.name}: client → server</h2>
<p>Port ${socket.port}, or <code>${socket.path}</code> on the HTTP port. ${prose(socket.about)}</p>
${socket.commands.map(framePart).join('\n')}
<h2 id="${socket.name}-events">${socket.name}: server → client</h2>
${socket.events.map(framePart).join('\n')}`;

const framePart = ({ type, about, example, schema }: Frame) => `<section><h3>${escape(type)}</h3><p>${prose(about)}</p>
<pre tabindex="0">${escape(JSON.stringify(example, null, 2))}</pre>
<details><summary>Schema</summary><pre tabindex="0">${escape(JSON.stringify(schema, null, 2))}</pre></details></section>`;

function table(head: string[], rows: string[][]): string {
  const row = (cells: string[], tag: string) =>
    `<tr>${cells.map((cell) => `<${tag}>${breakable(prose(cell))}</${tag}>`).join('')}</tr>`;
  return `<div tabindex="0"><table><thead>${row(head, 'th')}</thead><tbody>${rows.map((cells) => row(cells, 'td')).join('')}</tbody></table></div>`;
}

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
const escape = (text: string) => text.replace(/[&<>"]/g, (character) => ENTITIES[character] ?? character);
/** Text in which names stand in backticks. */
const prose = (text: string) => escape(text).replace(/`([^`]+)`/g, '<code>$1</code>');
/** Long codes may break after an underscore: on a phone there is no room for them. */
const breakable = (html: string) => html.replaceAll('_', '_<wbr>');
