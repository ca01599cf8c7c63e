import { useAdminText } from './use.js';

/** What came of the last act. */
export function Said({ said }: { said: { isProblem: boolean; text: string } | null }) {
  return (
    <p role="status" class={said?.isProblem === true ? 'problem' : 'notice'}>
      {said?.text}
    </p>
  );
}

export function Old({ isOld }: { isOld: boolean }) {
  const { failed } = useAdminText();
  return (
    <p role="status" class="problem">
      {isOld && failed}
    </p>
  );
}
