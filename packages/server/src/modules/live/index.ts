/** The live side of sessions: who may connect, which channels they get, and what leaves over them. */
export { createLive } from './live.ts';
