/**
 * What `PARLEY_SERVICES` says of services and programs that this run needs: `off`: go without; `required`: one that cannot
 * be had fails the run, as in CI; `wanted`: what needs one that cannot be had is skipped.
 */
export function servicesMode(): 'off' | 'wanted' | 'required' {
  const told = process.env['PARLEY_SERVICES'] ?? '';
  if (told === 'off' || told === 'required') return told;
  return isSet(process.env['CI']) && told === '' ? 'required' : 'wanted';
}

/** False: a test that needs a program which is not here must fail, not be skipped. */
export const maySkip = (): boolean => servicesMode() !== 'required';

function isSet(value: string | undefined): boolean {
  return value !== undefined && value !== '' && value !== '0' && value !== 'false';
}
