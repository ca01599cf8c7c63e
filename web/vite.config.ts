import { defineConfig } from 'vite';

/** In development the app is served here, with what the page changes shown at once; API and sockets are the server's. */
const SERVER = process.env['PARLEY_URL'] ?? 'http://127.0.0.1:3000';
const API = ['/auth', '/me', '/users', '/friends', '/chats', '/groups', '/inbox', '/health', '/admin/api', '/invites'];

/** What each error code means is for documents, and comes with each answer: the page need not bring it along. */
const withoutMeanings = {
  name: 'without-meanings',
  transform: (code: string, id: string) =>
    id.endsWith('/protocol/dist/codes.js') ? code.replace(/,?\s*about: (['"])(?:\\.|(?!\1).)*\1/g, '') : null,
};

export default defineConfig({
  plugins: [withoutMeanings],
  resolve: { alias: { react: 'preact/compat', 'react-dom': 'preact/compat' } },
  build: {
    target: 'es2022',
    // No inline script or style: the Content-Security-Policy allows none.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
  server: {
    port: 5173,
    proxy: {
      ...Object.fromEntries(API.map((path) => [path, SERVER])),
      '/ws': { target: SERVER, ws: true },
    },
  },
});
