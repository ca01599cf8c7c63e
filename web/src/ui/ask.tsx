import { render } from 'preact';
import { catalogue, TextContext, useText } from '../text/text.js';
import { Dialog } from './dialog.js';

/** Asks before what cannot be undone; true: go on. */
export function ask(question: string, yes: string): Promise<boolean> {
  const root = document.body.appendChild(document.createElement('div'));
  return new Promise((resolve) => {
    const answer = (value: boolean) => {
      render(null, root);
      root.remove();
      resolve(value);
    };
    render(
      <TextContext.Provider value={catalogue.texts()}>
        <Question question={question} yes={yes} answer={answer} />
      </TextContext.Provider>,
      root,
    );
  });
}

function Question({ question, yes, answer }: { question: string; yes: string; answer: (value: boolean) => void }) {
  const { ui: text } = useText();
  return (
    <Dialog title={question} onClose={() => answer(false)}>
      <div class="buttons">
        <button type="button" onClick={() => answer(false)} autoFocus>
          {text.cancel}
        </button>
        <button type="button" class="grave" onClick={() => answer(true)}>
          {yes}
        </button>
      </div>
    </Dialog>
  );
}
