import type { ComponentChildren } from 'preact';
import { pathOf, router, type Route } from '../router.js';

interface LinkProps {
  to: Route;
  children: ComponentChildren;
  class?: string;
  title?: string;
  'aria-label'?: string;
  'aria-current'?: 'page' | undefined;
  'data-unread'?: boolean;
  /** Called before it moves. */
  onPick?: () => void;
}

/** A link inside the app: a plain click moves without loading, any other does what it does everywhere. */
export function Link({ to, children, onPick, ...rest }: LinkProps) {
  const follow = (event: MouseEvent) => {
    onPick?.();
    if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    router.go(to);
  };
  return (
    <a {...rest} href={pathOf(to)} onClick={follow}>
      {children}
    </a>
  );
}
