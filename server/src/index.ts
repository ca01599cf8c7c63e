export { createApp, VERSION, type Addresses, type App, type World } from './app.js';
export { BadConfig, loadConfig, readConfig, SETTINGS, type Config, type Environment } from './config.js';
