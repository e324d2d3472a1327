/** Outgoing calls: bots' answers and notifications on their way to the integrator. */
export { Deliveries } from './delivery.ts';
