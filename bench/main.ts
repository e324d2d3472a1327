import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { cpus, totalmem } from 'node:os';
import { fileURLToPath } from 'node:url';
import { attacksBench } from './attacks/attacks.ts';
import { endsBench } from './ends.ts';
import { exchangeBench } from './exchange.ts';
import { fanoutBench } from './fanout.ts';
import { growthBench } from './growth.ts';
import { listsBench } from './lists.ts';
import { liveBench } from './live.ts';
import { partsBench } from './parts.ts';
import { restartsBench } from './restarts.ts';
import { sessionStartsBench } from './session-starts.ts';
import { sizeBench } from './size.ts';
import { startsBench } from './starts.ts';
import { stopsBench } from './stops.ts';
import { tableOf } from './support/contest.ts';
import { openFullFolder } from './support/folders.ts';
import { webhooksBench } from './webhooks.ts';

/** Runs the benches named, or all, and keeps the figures with the name of the machine they are of. */
const machine = {
  processor: cpus()[0]?.model ?? 'unknown',
  cores: cpus().length,
  memoryGiB: Math.round(totalmem() / 1024 ** 3),
  node: process.version,
};
/** Three million messages; most sessions have not ended, so that there are enough to be gone on with once each, by the bot. */
const GROWN = { sessions: 300_000, activeShare: 0.6, operatorShare: 0 };
/** What is to be read, after the figures. */
const tables: string[] = [];
const benches = {
  async exchange() {
    const figures = await exchangeBench();
    tables.push(tableOf(figures.standings));
    return figures;
  },
  async growth() {
    await using full = await openFullFolder(GROWN);
    const figures = await growthBench(full.dataFolder, true);
    tables.push(tableOf(figures.standings));
    return { messages: full.sessions * 10, fillingSeconds: full.seconds, ...figures };
  },
  parts: partsBench,
  fanout: fanoutBench,
  live: liveBench,
  size: sizeBench,
  attacks: attacksBench,
  ends: endsBench,
  starts: startsBench,
  async stops() {
    const figures = await stopsBench();
    if (!figures.sound) process.exitCode = 1;
    return figures;
  },
  async webhooks() {
    const figures = await webhooksBench();
    // What was lost or doubled is no figure but a fault.
    if (!figures.sound) process.exitCode = 1;
    return figures;
  },
  async restarts() {
    const figures = await restartsBench();
    if (!figures.sound) process.exitCode = 1;
    return figures;
  },
  async million() {
    await using full = await openFullFolder();
    const { sessions, seconds } = full;
    return {
      sessions,
      messages: sessions * 10,
      fillingSeconds: seconds,
      lists: await listsBench(full.dataFolder),
      exchange: await growthBench(full.dataFolder, false),
      starts: await sessionStartsBench(full.dataFolder),
    };
  },
};
type Bench = keyof typeof benches;

const asked = process.argv.slice(2);
const known = Object.keys(benches) as Bench[];
const wrong = asked.filter((name) => !known.some((bench) => bench === name));
if (wrong.length > 0) throw new Error(`There is no bench ${wrong.join(', ')}: there are ${known.join(', ')}.`);

const date = new Date().toISOString().slice(0, 10);
const file = fileURLToPath(new URL(`./results/${date}.json`, import.meta.url));
// Figures of the same day stand together, whatever was run.
const figures: Record<string, unknown> = existsSync(file) ? JSON.parse(await readFile(file, 'utf8')) : {};
Object.assign(figures, { date, machine });
for (const name of known.filter((bench) => asked.length === 0 || asked.includes(bench))) {
  figures[name] = await benches[name]();
  await writeFile(file, `${JSON.stringify(figures, null, 2)}\n`);
}
process.stdout.write([`${JSON.stringify(figures, null, 2)}\n`, ...tables].join('\n'));
