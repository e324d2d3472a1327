import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { post } from './support/calls.ts';
import { emptyFolder } from './support/folders.ts';
import { percentile } from './support/numbers.ts';
import { startNode, stop } from './support/process.ts';

const main = fileURLToPath(new URL('../packages/server/dist/main.js', import.meta.url));
/** The root of another Molva, built: it is measured beside this one. */
const BEFORE = process.env['BENCH_BEFORE'];
const ROUNDS = Number(process.env['BENCH_ROUNDS'] ?? 5);

/** How long a start takes, in milliseconds from the moment at which its process is begun. */
export interface StartFigures {
  /** Until it says that it runs. */
  readonly readyMs: number;
  /** Until a session is begun. */
  readonly sessionMs: number;
  /** Until its bot has said its first words too, which for the demo's bot is 600 ms of typing. */
  readonly answeredMs: number;
}

/** Starts on a folder that is not there yet, and on the one that they leave: medians. */
interface Starts {
  readonly fresh: StartFigures;
  readonly second: StartFigures;
}

/** The starts of this Molva and, where one is named, of another, in turns. */
export async function startsBench(): Promise<Record<string, Starts>> {
  const programs = Object.entries(
    BEFORE === undefined ? { now: main } : { now: main, before: join(BEFORE, 'packages/server/dist/main.js') },
  );
  const rounds = new Map(programs.map(([name]): [string, Starts[]] => [name, []]));
  // What Node keeps of the code that it has compiled is there after the first start of a clone.
  for (const [, program] of programs) await startTwice(program);
  for (let round = 0; round < ROUNDS; round++) {
    for (const [name, program] of programs) {
      const figures = await startTwice(program);
      process.stderr.write(`${JSON.stringify({ name, ...figures })}\n`);
      rounds.get(name)?.push(figures);
    }
  }
  return Object.fromEntries(
    [...rounds].map(([name, of]) => [
      name,
      { fresh: middle(of.map(({ fresh }) => fresh)), second: middle(of.map(({ second }) => second)) },
    ]),
  );
}

async function startTwice(program: string): Promise<Starts> {
  await using folder = await emptyFolder();
  return { fresh: await start(program, folder.dataFolder), second: await start(program, folder.dataFolder) };
}

async function start(program: string, dataFolder: string): Promise<StartFigures> {
  const settings = { MOLVA_DATA_DIR: dataFolder, MOLVA_PORT: '0', MOLVA_LOG_LEVEL: 'warn' };
  const began = performance.now();
  const { child, match } = await startNode([program], settings, /Chat and wire\s+(http:\S+)\//);
  try {
    const readyMs = performance.now() - began;
    const url = match[1] ?? '';
    const { chats } = (await (await fetch(`${url}/demo.json`)).json()) as { chats: { chatId: string }[] };
    const begin = async (body: object): Promise<number> => {
      await post(`${url}/api/v1/chats/${chats[0]?.chatId}/sessions`, body);
      return performance.now() - began;
    };
    const [sessionMs, answeredMs] = await Promise.all([begin({ returnAnswerAsync: true }), begin({})]);
    return { readyMs: Math.round(readyMs), sessionMs: Math.round(sessionMs), answeredMs: Math.round(answeredMs) };
  } finally {
    await stop(child);
  }
}

function middle(figures: readonly StartFigures[]): StartFigures {
  const of = (name: keyof StartFigures): number =>
    percentile(
      figures.map((one) => one[name]).toSorted((a, b) => a - b),
      0.5,
    );
  return { readyMs: of('readyMs'), sessionMs: of('sessionMs'), answeredMs: of('answeredMs') };
}
