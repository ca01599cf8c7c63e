import type { http } from '@parley/protocol';
import { useEffect, useState } from 'preact/hooks';
import { useTitle } from '../device/title.js';
import { wordsFor } from '../errors.js';
import { router } from '../router.js';
import { useText } from '../text/text.js';
import { GroupFace } from '../ui/face.js';
import { Icon } from '../ui/icon.js';
import { Link } from '../ui/link.js';
import { useClient, useSession } from '../use.js';

/** The link of a group that one is not in: it may be joined, or it is none of one's business. */
export function Joining({ groupId }: { groupId: string }) {
  const words = useText();
  const { group: text, conversation, list } = words;
  const client = useClient();
  const { api } = useSession();
  const [invitation, setInvitation] = useState<http.Invitation | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const open = () => router.go({ page: 'group', groupId, seq: null }, { replace: true });
  useTitle(text.join);
  useEffect(() => {
    setProblem(null);
    if (client.conversation(groupId) !== null) return open();
    api.invitation(groupId).then(setInvitation, () => setProblem(text.noInvitation));
  }, [api, client, groupId, text]);
  const join = async () => {
    try {
      await client.joinGroup(groupId);
      open();
    } catch (error) {
      setProblem(wordsFor(error, words));
    }
  };
  return (
    <div class="joining">
      <Link to={{ page: 'home' }} class="icon back" aria-label={list.back}>
        <Icon name="back" />
      </Link>
      <div class="nothing-open">
        {invitation !== null && (
          <>
            <GroupFace name={invitation.name} />
            <h1>{text.invited(invitation.name)}</h1>
            <p class="quiet">{conversation.members(invitation.memberCount)}</p>
            <button type="button" class="primary" onClick={() => void join()}>
              {text.join}
            </button>
          </>
        )}
        <p class="problem" role="alert">
          {problem}
        </p>
      </div>
    </div>
  );
}
