import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { emptyFolder, openBenchDatabase } from './support/folders.ts';
import { startMolva } from './support/molva.ts';
import { disorders, passage, type Passage } from './support/passage.ts';
import { percentile, rounded } from './support/numbers.ts';
import { startNode, stop } from './support/process.ts';
import { PATIENCE_MS, Talker } from './support/talker.ts';

const program = fileURLToPath(new URL('./webhook-bot.ts', import.meta.url));
const SECONDS = Number(process.env['BENCH_SECONDS'] ?? 10);
const CLIENTS = Number(process.env['BENCH_CLIENTS'] ?? 64);

/** Figures of a webhook bot at full load. */
export interface WebhookFigures {
  readonly clients: number;
  readonly seconds: number;
  /** Questions: of starts, and of what clients said. */
  readonly committed: number;
  readonly asked: Passage;
  readonly answered: Passage;
  readonly heard: Passage;
  readonly heardOutOfOrder: number;
  /** Answers that were not heard in time; a client that misses one begins another session. */
  readonly givenUp: number;
  readonly timersLeft: number;
  /** Broken connections: what was said meanwhile is heard when they stand again. */
  readonly reconnections: number;
  readonly exchangesPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Whether each question was asked once, and each answer heard once, in order and in time. */
  readonly sound: boolean;
}

/**
 * A webhook bot in a process of its own at full load. Each client says the next thing when the answer to the last is on
 * its socket; then what was committed is compared with what the bot was asked, what it answered and what was heard.
 */
export async function webhooksBench(): Promise<WebhookFigures> {
  await using folder = await emptyFolder();
  await using molva = await startMolva(folder.dataFolder);
  const { child, match } = await startNode([program], {}, /port (\d+)/);
  const url = `http://127.0.0.1:${match[1]}/`;
  const database = await openBenchDatabase(molva.database);
  const read = async (text: string): Promise<string[]> =>
    (await database.query<{ key: string }>(text)).rows.map(({ key }) => key);
  try {
    const { talkers, latencies, givenUp } = await talk(molva.port, await molva.webhookChat(url));
    // Whatever comes late or once more comes meanwhile.
    await sleep(PATIENCE_MS);
    for (const talker of talkers) talker.close();
    const committed = new Set(
      await read(`select session_id || ' ' || body as key from messages where author_type = 'CLIENT'
        union all select id || ' start' from sessions`),
    );
    const answers = await read(`select session_id || ' ' || body as key from messages where author_type = 'BOT'`);
    const asked = passage('asked', committed, (await (await fetch(url)).json()) as string[]);
    const answered = passage('answered', committed, answers);
    const heardKeys = talkers.flatMap(({ session, heard }) => heard.map((body) => `${session} ${body}`));
    const heard = passage('heard', committed, heardKeys);
    const heardOutOfOrder = talkers.reduce((sum, talker) => sum + disorders(talker.heard), 0);
    const timersLeft = (await read(`select key from due where kind = 'session-ask'`)).length;
    const whole = [asked, answered, heard].every(({ missing, tooMany }) => missing === 0 && tooMany === 0);
    const sorted = latencies.toSorted((a, b) => a - b);
    return {
      clients: CLIENTS,
      seconds: SECONDS,
      committed: committed.size,
      asked,
      answered,
      heard,
      heardOutOfOrder,
      givenUp,
      timersLeft,
      reconnections: talkers.reduce((sum, { connections }) => sum + connections - 1, 0),
      exchangesPerSecond: Math.round(latencies.length / SECONDS),
      p50Ms: rounded(percentile(sorted, 0.5)),
      p99Ms: rounded(percentile(sorted, 0.99)),
      sound: whole && heardOutOfOrder + givenUp + timersLeft === 0,
    };
  } finally {
    await database.end();
    await stop(child);
  }
}

/** Keeps the clients talking; answers everybody who talked, and how long each answer took. */
async function talk(port: number, chatId: string) {
  const talkers: Talker[] = [];
  const latencies: number[] = [];
  let givenUp = 0;
  const open = async (): Promise<Talker> => {
    const talker = await Talker.open(port, chatId);
    talkers.push(talker);
    return talker;
  };
  const first = await Promise.all(Array.from({ length: CLIENTS }, open));
  const end = performance.now() + SECONDS * 1000;
  const client = async (begun: Talker): Promise<void> => {
    let talker = begun;
    while (performance.now() < end) {
      const latency = await talker.exchange();
      if (latency !== undefined) latencies.push(latency);
      else {
        givenUp++;
        talker = await open();
      }
    }
  };
  await Promise.all(first.map(client));
  return { talkers, latencies, givenUp };
}
