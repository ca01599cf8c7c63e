import type { ComponentType } from 'preact';
import type { ReactElement } from 'preact/compat';
import type { RefObject } from 'preact';
import { VList, type VListHandle, type VListProps } from 'virtua';

type VirtualListProps<T> = Omit<VListProps<T>, 'children'> & {
  handle?: RefObject<VListHandle | null>;
  class?: string;
  data: readonly T[];
  children: (item: T) => ReactElement;
};

/** A list of which only what is in sight is in the page. The library is written for React, its types too. */
export function VirtualList<T>({ handle, class: className, ...rest }: VirtualListProps<T>) {
  const List = VList as unknown as ComponentType<Record<string, unknown>>;
  return <List {...rest} className={className} {...(handle !== undefined && { ref: handle })} />;
}
