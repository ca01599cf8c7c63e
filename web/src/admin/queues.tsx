import type { http } from '@parley/protocol';
import { useCallback } from 'preact/hooks';
import { wholeTimeOf } from '../text/times.js';
import { ask } from '../ui/ask.js';
import { Old, Said } from './said.js';
import { numberOf, useAct, useAdmin, useAdminText, useLoaded } from './use.js';

const EVERY_MS = 5_000;

/** What waits to be done, and what failed for good. */
export function Queues() {
  const text = useAdminText();
  const admin = useAdmin();
  const { value, isOld, reload } = useLoaded(
    useCallback(() => admin.queues(), [admin]),
    EVERY_MS,
  );
  const { act, said } = useAct();
  if (value === null) return <Old isOld={isOld} />;
  const { queues, deadLetters, hasMore } = value;
  if (queues === null) return <p class="notice">{text.noQueues}</p>;
  const replay = async ({ id }: http.DeadLetter) => {
    await act(
      () => admin.replay(id),
      () => text.replayed(id),
    );
    reload();
  };
  const drop = async ({ id }: http.DeadLetter) => {
    if (!(await ask(text.dropAsk(id), text.drop))) return;
    await act(
      () => admin.drop(id),
      () => text.dropped(id),
    );
    reload();
  };
  return (
    <>
      <Old isOld={isOld} />
      <div class="wide" role="region" aria-label={text.parts.queues} tabIndex={0}>
        <table>
          <thead>
            <tr>
              {[text.queue, text.waiting, text.active, text.delayed, text.dead].map((heading) => (
                <th key={heading} scope="col">
                  {heading}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {queues.map(({ queue, waiting, active, delayed, dead }) => (
              <tr key={queue}>
                <th scope="row">{queue}</th>
                {[waiting, active, delayed, dead].map((n, column) => (
                  <td key={column}>{numberOf(n)}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <section aria-label={text.deadLetters}>
        <h2>{text.deadLetters}</h2>
        <Said said={said} />
        {deadLetters.length === 0 && <p class="quiet">{text.noDead}</p>}
        <ul class="plain accounts">
          {deadLetters.map((letter) => (
            <li key={letter.id}>
              <span class="who">
                <strong>{letter.id}</strong> {letter.reason}
                <br />
                <span class="quiet">
                  {letter.failedAt !== null && `${wholeTimeOf(letter.failedAt)} · `}
                  {text.attempts(letter.attempts)}
                </span>
                <details>
                  <summary>{text.carries}</summary>
                  <code>{letter.data}</code>
                </details>
              </span>
              <span class="buttons">
                <button type="button" onClick={() => void replay(letter)} aria-label={`${text.replay}: ${letter.id}`}>
                  {text.replay}
                </button>
                <button type="button" onClick={() => void drop(letter)} aria-label={`${text.drop}: ${letter.id}`}>
                  {text.drop}
                </button>
              </span>
            </li>
          ))}
        </ul>
        {hasMore && <p class="quiet">{text.moreDead}</p>}
      </section>
    </>
  );
}
