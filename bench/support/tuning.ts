/** Sessions that are kept busy at a time, one load after the other. */
export const LOADS = (process.env['BENCH_LOADS'] ?? '1,8,32,128').split(',').map(Number);
/** How long each is measured. */
export const SECONDS = Number(process.env['BENCH_SECONDS'] ?? 6);
/** How often all are measured in turns: a stall of the machine decides one round, and not the middle of three. */
export const ROUNDS = Number(process.env['BENCH_ROUNDS'] ?? 3);
