export * from './limits.js';
export * from './colours.js';
export * from './codes.js';
export * from './commands.js';
export * from './events.js';
export * from './codec.js';
export * as http from './http.js';
export { isId } from './fields.js';
export type { Access, Role, Status, Visibility } from './fields.js';
