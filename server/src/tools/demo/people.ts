import type { Dummy } from '../seed/place.js';

/** Who is there; the first is whom to sign in as, and the second a good one for another window. */
const NAMES: readonly (readonly [username: string, displayName: string])[] = [
  ['mara.lindt', 'Mara Lindt'],
  ['jonas.weber', 'Jonas Weber'],
  ['elif.kaya', 'Elif Kaya'],
  ['tomas.novak', 'Tomás Novák'],
  ['ines.carvalho', 'Inês Carvalho'],
  ['samuel.okoro', 'Samuel Okoro'],
  ['hana.sato', 'Hana Sato'],
  ['leo.moreau', 'Léo Moreau'],
  ['greta.holm', 'Greta Holm'],
  ['farid.rahimi', 'Farid Rahimi'],
  ['nora.byrne', 'Nora Byrne'],
  ['mateo.rossi', 'Mateo Rossi'],
  ['priya.nair', 'Priya Nair'],
  ['viktor.dahl', 'Viktor Dahl'],
  ['lucia.fuentes', 'Lucía Fuentes'],
  ['ben.adler', 'Ben Adler'],
  ['yara.haddad', 'Yara Haddad'],
  ['oskar.lund', 'Oskar Lund'],
];

export const peopleWith = (password: string): Dummy[] =>
  NAMES.map(([username, displayName]) => ({ username, displayName, password }));
