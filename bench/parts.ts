import { setTimeout as sleep } from 'node:timers/promises';
import { openCrowd } from './support/crowds.ts';
import { emptyFolder } from './support/folders.ts';
import { profileDuring, type Profile, type ProfiledFrame } from './support/inspector.ts';
import { startMolva } from './support/molva.ts';
import { watchCpu } from './support/process.ts';

const SESSIONS = 32;
const SECONDS = Number(process.env['BENCH_SECONDS'] ?? 10);
/** Before the code has settled, most of the time is the compiler's. */
const SETTLING_SECONDS = 10;
const INSPECTOR_PORT = 9329;
/** A pause longer than this is the machine's, which gave the core to somebody else. */
const LONGEST_MICROS = 600;

/** What a part is called, and the frames that are its own: of a stack the innermost decides. */
type Part = readonly [name: string, own: RegExp];

const native: readonly Part[] = [
  ['collecting garbage', /^\(garbage collector\)/],
  ['reading from sockets, waiting', /^\(program\)/],
];
const written = /^(write(Utf8|Latin1)String|writeBuffer|writev) /;
const parts: readonly Part[] = [
  ['figures', /platform\/(metrics|tallies)|prom-client/],
  ['who calls', /http\/(callers|rate-limit)|session-tokens|identity|iam\/|platform\/address/],
  ['checking the call', /http\/(validate|json-body|query-value)|platform\/(check|normalise|text)\.|typebox/],
  ['database: statements to the driver', /node_modules\/pg|platform\/database/],
  [
    'the step as values of a statement',
    /state\/(append|grouped-writes|write-line|written-columns|column|floor-columns)/,
  ],
  ['the bot’s turn', /modules\/bots/],
  ['live delivery', /centrifuge-server|modules\/live|platform\/announcer/],
  ['the session and its rules', /dist\/modules\/|platform\/(memory|bytes-of|changes|ids)/],
  ['routing, hooks, body and answer', /fastify|find-my-way|toad-cache|server\/dist\/(http|composition|app)/],
  ['the platform’s HTTP', /_http_|node:internal\/http/],
];

/** Where the server’s time goes, microseconds of one exchange by part, the most first. */
export async function partsBench(): Promise<{ exchanges: number; cpuMicros: number; parts: Record<string, number> }> {
  await using folder = await emptyFolder();
  await using molva = await startMolva(folder.dataFolder, { nodeOptions: [`--inspect=127.0.0.1:${INSPECTOR_PORT}`] });
  const chatId = await molva.echoChat();
  await using crowd = await openCrowd({ port: molva.port, chatId }, SESSIONS, 'POST');
  let running = true;
  let done = 0;
  const talking = crowd.talkers.map(async (talk) => {
    while (running) {
      const made = await talk();
      done += made;
    }
  });
  await sleep(SETTLING_SECONDS * 1000);
  let [exchanges, cpu] = [0, 0];
  const profile = await profileDuring(INSPECTOR_PORT, async () => {
    const [before, uses] = [done, watchCpu(() => [molva.pid])];
    await sleep(SECONDS * 1000);
    [exchanges, cpu] = [done - before, uses()];
  });
  running = false;
  await Promise.all(talking);
  return { exchanges, cpuMicros: Math.round((cpu / exchanges) * 1e6), parts: partsOf(profile, exchanges) };
}

function partsOf({ nodes, samples, timeDeltas }: Profile, exchanges: number): Record<string, number> {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const callers = new Map(nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id] as const)));
  const micros = new Map<string, number>();
  samples.forEach((sample, index) => {
    const stack: string[] = [];
    for (let id: number | undefined = sample; id !== undefined; id = callers.get(id)) {
      const node = byId.get(id);
      if (node !== undefined) stack.push(nameOf(node.callFrame));
    }
    const part = partOf(stack);
    const took = Math.min(timeDeltas[index + 1] ?? 0, LONGEST_MICROS);
    if (part !== null) micros.set(part, (micros.get(part) ?? 0) + took);
  });
  const sorted = [...micros].sort(([, a], [, b]) => b - a);
  return Object.fromEntries(sorted.map(([part, took]) => [part, Number((took / exchanges).toFixed(1))]));
}

function nameOf({ functionName, url }: ProfiledFrame): string {
  return `${functionName} ${url}`;
}

/** The part that a stack, the innermost frame first, belongs to; null where nothing was done. */
function partOf(stack: readonly string[]): string | null {
  const [inner = ''] = stack;
  if (inner.startsWith('(idle)')) return null;
  const alone = native.find(([, own]) => own.test(inner));
  if (alone !== undefined) return alone[0];
  const owner = stack.map((frame) => parts.find(([, own]) => own.test(frame))).find((part) => part !== undefined);
  const name = owner?.[0] ?? 'promises, timers, streams of the platform';
  return written.test(inner) ? `${name}: writing to the socket` : name;
}
