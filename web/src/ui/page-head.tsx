import { useText } from '../text/text.js';
import { Icon } from './icon.js';
import { Link } from './link.js';

/** What a page beside the conversations is, and the way back. */
export function PageHead({ title }: { title: string }) {
  const { list } = useText();
  return (
    <header>
      <Link to={{ page: 'home' }} class="icon back" aria-label={list.back}>
        <Icon name="back" />
      </Link>
      <h1>{title}</h1>
    </header>
  );
}
