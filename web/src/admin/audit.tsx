import type { http } from '@parley/protocol';
import { useCallback } from 'preact/hooks';
import { wholeTimeOf } from '../text/times.js';
import { Old } from './said.js';
import { useAdmin, useAdminText, usePages } from './use.js';

/** What operators did, the newest first. */
export function Audit() {
  const text = useAdminText();
  const admin = useAdmin();
  const load = useCallback(
    async (last: http.AuditEntry | undefined) => {
      const { entries, hasMore } = await admin.audit({ before: last?.id });
      return { items: entries, hasMore };
    },
    [admin],
  );
  const { pages, isOld, more } = usePages(load);
  return (
    <>
      <Old isOld={isOld} />
      {pages?.items.length === 0 && <p class="quiet">{text.noAudit}</p>}
      <ul class="plain">
        {pages?.items.map(({ id, at, actor, action, target, address }) => (
          <li key={id}>
            <span>
              <span>{text.did[action](actor ?? text.commandLine, target)}</span>
              <br />
              <span class="quiet">
                <time dateTime={new Date(at).toISOString()}>{wholeTimeOf(at)}</time>
                {address !== null && ` · ${text.from(address)}`}
              </span>
            </span>
          </li>
        ))}
      </ul>
      {pages?.hasMore === true && (
        <button type="button" onClick={() => void more()}>
          {text.more}
        </button>
      )}
    </>
  );
}
