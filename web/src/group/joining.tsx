import { useEffect, useState } from 'preact/hooks';
import { wordsFor } from '../errors.js';
import { useText } from '../text/text.js';
import { useClient } from '../use.js';

/** The link of a group that one is not in: it may be joined, or it is none of one's business. */
export function Joining({ groupId }: { groupId: string }) {
  const words = useText();
  const { group: text, conversation } = words;
  const client = useClient();
  const [problem, setProblem] = useState<string | null>(null);
  useEffect(() => setProblem(null), [groupId]);
  const join = () => client.joinGroup(groupId).catch((error: unknown) => setProblem(wordsFor(error, words)));
  return (
    <div class="nothing-open">
      <p>{conversation.noGroup}</p>
      <button type="button" class="primary" onClick={() => void join()}>
        {text.join}
      </button>
      <p class="problem" role="alert">
        {problem}
      </p>
    </div>
  );
}
