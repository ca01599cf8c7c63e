import { AdminApi } from '@parley/client';
import { useCallback, useEffect, useMemo, useState } from 'preact/hooks';
import { wordsFor } from '../errors.js';
import { de } from '../text/admin-de.js';
import { en, type AdminTexts } from '../text/admin-en.js';
import { catalogue, useText, type Language } from '../text/text.js';
import { useSession } from '../use.js';

const TEXTS: Record<Language, AdminTexts> = { en, de };

export function useAdminText(): AdminTexts {
  useText();
  return TEXTS[catalogue.language];
}

export function useAdmin(): AdminApi {
  const { api } = useSession();
  return useMemo(() => new AdminApi(api), [api]);
}

/** What was loaded last; loaded again every `everyMs` while somebody looks, and by `reload`. */
export function useLoaded<T>(load: () => Promise<T>, everyMs?: number): { value: T | null; isOld: boolean; reload: () => void } {
  const [state, setState] = useState<{ value: T | null; isOld: boolean }>({ value: null, isOld: false });
  const reload = useCallback(() => {
    load().then(
      (value) => setState({ value, isOld: false }),
      () => setState(({ value }) => ({ value, isOld: true })),
    );
  }, [load]);
  useEffect(() => {
    reload();
    if (everyMs === undefined) return;
    const timer = setInterval(() => document.visibilityState === 'visible' && reload(), everyMs);
    return () => clearInterval(timer);
  }, [reload, everyMs]);
  return { ...state, reload };
}

/** One page after another, each asked for with the last that there is. */
export function usePages<T>(load: (last: T | undefined) => Promise<{ items: T[]; hasMore: boolean }>) {
  const [pages, setPages] = useState<{ items: T[]; hasMore: boolean } | null>(null);
  const [isOld, setOld] = useState(false);
  useEffect(() => {
    let isWanted = true;
    load(undefined).then(
      (first) => isWanted && (setPages(first), setOld(false)),
      () => isWanted && setOld(true),
    );
    return () => {
      isWanted = false;
    };
  }, [load]);
  const more = () =>
    load(pages?.items.at(-1)).then(
      ({ items, hasMore }) => setPages((before) => ({ items: [...(before?.items ?? []), ...items], hasMore })),
      () => setOld(true),
    );
  const replace = (item: T, isIt: (each: T) => boolean) =>
    setPages((before) => before && { ...before, items: before.items.map((each) => (isIt(each) ? item : each)) });
  return { pages, isOld, more, replace };
}

/** Does something, and says what came of it. */
export function useAct() {
  const words = useText();
  const [said, say] = useState<{ isProblem: boolean; text: string } | null>(null);
  const act = async <T>(run: () => Promise<T>, done: (result: T) => string) => {
    try {
      say({ isProblem: false, text: done(await run()) });
    } catch (error) {
      say({ isProblem: true, text: wordsFor(error, words) });
    }
  };
  return { act, said };
}

export const numberOf = (n: number): string => n.toLocaleString(catalogue.language);
