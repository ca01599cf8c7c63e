import { isTrusted, type Arrival, type TrustedProxies } from './client-address.js';

/** Whether the page that asks is of this very server: its `Origin` names the host that the request was sent to. */
export function isOwnOrigin(origin: string, arrival: Arrival, trusted: TrustedProxies): boolean {
  return URL.canParse(origin) && new URL(origin).host === hostOf(arrival, trusted);
}

/** The host as the client named it: in front of a trusted proxy, in `X-Forwarded-Host`. */
function hostOf({ headers, socket }: Arrival, trusted: TrustedProxies): string | undefined {
  const forwarded = [headers['x-forwarded-host'] ?? []].flat().join(',').split(',').at(-1)?.trim();
  return forwarded && isTrusted(trusted, socket.remoteAddress ?? '', 0) ? forwarded : headers.host;
}
