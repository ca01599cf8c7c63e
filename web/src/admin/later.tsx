import type { ComponentType } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { wordsFor } from '../errors.js';
import type { AdminPart } from '../router.js';
import { useText } from '../text/text.js';

type Page = ComponentType<{ part: AdminPart }>;

/** The pages for operators, which few ever see: fetched when somebody goes there. */
export function AdminLater({ part }: { part: AdminPart }) {
  const words = useText();
  const [Admin, setAdmin] = useState<Page | null>(null);
  const [problem, setProblem] = useState<unknown>(null);
  useEffect(() => void import('./admin.js').then((loaded) => setAdmin(() => loaded.Admin), setProblem), []);
  if (Admin !== null) return <Admin part={part} />;
  return (
    <div class="nothing-open" role="status">
      <p class="quiet">{problem === null ? words.app.loading : wordsFor(problem, words)}</p>
    </div>
  );
}
