import { writeFile } from 'node:fs/promises';
import { cpus, totalmem } from 'node:os';
import { fileURLToPath } from 'node:url';
import { exchangeBench } from './exchange.ts';
import { fanoutBench } from './fanout.ts';

/** Runs every bench and keeps the figures with the name of the machine they are of. */
const machine = {
  processor: cpus()[0]?.model ?? 'unknown',
  cores: cpus().length,
  memoryGiB: Math.round(totalmem() / 1024 ** 3),
  node: process.version,
};
const date = new Date().toISOString().slice(0, 10);
const exchange = await exchangeBench([1, 8, 32, 128]);
const fanout = await fanoutBench();
const report = JSON.stringify({ date, machine, exchange, fanout }, null, 2);
await writeFile(fileURLToPath(new URL(`./results/${date}.json`, import.meta.url)), `${report}\n`);
process.stdout.write(`${report}\n`);
