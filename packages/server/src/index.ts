/** The platform as an embeddable application: for tests, benches and hosts that bring their own process. */
export { startApp, type App, type AppOptions } from './app.ts';
export { systemClock, type Clock, type Timer } from './platform/clock.ts';
export { systemIds, type Ids } from './platform/ids.ts';
export { openLog } from './platform/log.ts';
export { openDatabaseServer, type DatabaseServer } from './platform/postgres/index.ts';
export { openSecrets, type Secrets } from './platform/secrets.ts';
