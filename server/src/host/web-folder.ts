import { fileURLToPath } from 'node:url';

/** Where the build of the web client is, seen from this file and from the one that all are joined to. */
export const BUILT_WEB_FOLDER = fileURLToPath(new URL('../../../web/dist', import.meta.url));
