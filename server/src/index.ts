export { createApp, VERSION, type Addresses, type App, type World } from './app.js';
export { BadConfig, loadConfig, readConfig, type Config, type Environment } from './config.js';
export { SETTINGS } from './settings.js';
