import { connect, type Socket } from 'node:net';

/** What came back on a bare socket: status, headers by lower-case name, body. */
export interface RawAnswer {
  status: number;
  headers: Map<string, string>;
  body: string;
}

/** Between parts: long enough that they do not come as one. */
const PAUSE_MS = 50;

/** Sends these very bytes to an HTTP server, in so many parts, and gives what it answers until it hangs up. */
export async function rawHttp(url: string, ...parts: (string | Buffer)[]): Promise<RawAnswer> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  socket.setNoDelay(true);
  const answer = everything(socket);
  for (const [i, part] of parts.entries()) {
    if (i > 0) await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    socket.write(part);
  }
  return parse(await answer);
}

function everything(socket: Socket): Promise<string> {
  return new Promise((resolve) => {
    let text = '';
    socket.setEncoding('utf8');
    socket.on('data', (chunk: string) => (text += chunk));
    // A server may hang up on what it does not want to read; what it said before counts.
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(text));
  });
}

function parse(text: string): RawAnswer {
  const [head, body] = split(text, '\r\n\r\n');
  const [first = '', ...lines] = head.split('\r\n');
  return {
    status: Number(first.split(' ')[1]),
    headers: new Map(lines.map((line) => split(line, ': ')).map(([name, value]) => [name.toLowerCase(), value])),
    body,
  };
}

function split(text: string, by: string): [string, string] {
  const at = text.indexOf(by);
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + by.length)];
}
