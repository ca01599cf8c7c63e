/** For answers that are no pages: nothing may be loaded, framed or sent from them. Pages add to it what they bring. */
export const CLOSED_CSP = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
