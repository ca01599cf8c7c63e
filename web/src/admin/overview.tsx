import type { http } from '@parley/protocol';
import { useCallback } from 'preact/hooks';
import { Old } from './said.js';
import { numberOf, useAdmin, useAdminText, useLoaded } from './use.js';

const EVERY_MS = 5_000;
const MEGABYTE = 1_048_576;

/** What the servers are doing, and whether all works. */
export function Overview() {
  const text = useAdminText();
  const admin = useAdmin();
  const load = useCallback(async () => {
    const [numbers, health] = await Promise.all([admin.numbers(), admin.health()]);
    return { numbers, health };
  }, [admin]);
  const { value, isOld } = useLoaded(load, EVERY_MS);
  if (value === null) return <Old isOld={isOld} />;
  const { numbers, health } = value;
  const total = (of: (server: http.ServerNumbers) => number) =>
    numberOf(numbers.servers.reduce((sum, each) => sum + of(each), 0));
  return (
    <>
      <Old isOld={isOld} />
      <dl class="figures">
        <Figure label={text.chat} value={total(({ connections }) => connections.chat)} />
        <Figure label={text.presence} value={total(({ connections }) => connections.presence)} />
        <Figure label={text.rate} value={total(({ messagesPerSecond }) => messagesPerSecond)} />
        <Figure label={text.commitQueue} value={total(({ commitQueue }) => commitQueue)} />
        <Figure label={text.offlineRows} value={numberOf(numbers.offlineRows)} />
      </dl>
      <section aria-label={text.health}>
        <h2>{text.health}</h2>
        <ul class="plain">
          {health.parts.map(({ name, state, latencyMs, isVital }) => (
            <li key={name}>
              <span>
                {name} {isVital && <span class="chip">{text.vital}</span>}
              </span>
              <span class="state" data-state={state}>
                {text.states[state]} {latencyMs !== null && <span class="quiet">{text.latency(numberOf(latencyMs))}</span>}
              </span>
            </li>
          ))}
        </ul>
      </section>
      <section aria-label={text.servers}>
        <h2>{text.servers}</h2>
        {!numbers.isComplete && <p class="problem">{text.incomplete}</p>}
        <ul class="cards">
          {numbers.servers.map((server) => (
            <Server key={server.server} server={server} />
          ))}
        </ul>
      </section>
    </>
  );
}

function Figure({ label, value }: { label: string; value: string }) {
  return (
    <div>
      <dt>{label}</dt>
      <dd>{value}</dd>
    </div>
  );
}

function Server({ server }: { server: http.ServerNumbers }) {
  const text = useAdminText();
  const minutes = Math.floor(server.uptime / 60);
  const rows: [string, string][] = [
    [text.uptime, text.duration(Math.floor(minutes / 1_440), Math.floor(minutes / 60) % 24, minutes % 60)],
    [text.chat, numberOf(server.connections.chat)],
    [text.presence, numberOf(server.connections.presence)],
    [text.rate, numberOf(server.messagesPerSecond)],
    [text.commitQueue, numberOf(server.commitQueue)],
    ...(server.unarchived === null ? [] : [[text.unarchived, numberOf(server.unarchived)] as [string, string]]),
    [text.memory, text.megabytes(numberOf(Math.round(server.memoryBytes / MEGABYTE)))],
    [text.roles, server.roles.join(', ')],
    [text.version, server.version],
  ];
  return (
    <li>
      <h3>{server.server}</h3>
      <dl class="pairs">
        {rows.map(([label, value]) => (
          <div key={label}>
            <dt>{label}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </li>
  );
}
