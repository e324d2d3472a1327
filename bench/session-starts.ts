import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { openBenchDatabase } from './support/folders.ts';
import { startMolva, type BenchedMolva } from './support/molva.ts';
import { familyOf, watchCpu } from './support/process.ts';

const SECONDS = Number(process.env['BENCH_SECONDS'] ?? 6);
const ROUNDS = 3;
const CALLERS = 8;

/** Starts of sessions on a full database. */
export interface SessionStartFigures {
  readonly startsPerSecond: number;
  readonly databaseCpuMicros: number;
}

/** What the list of sessions costs a start: with its indexes, without the index of texts, without any of them. */
export interface SessionStartsReport {
  readonly withIndexes: SessionStartFigures;
  readonly withoutSearch: SessionStartFigures;
  readonly withoutList: SessionStartFigures;
}

/** What is made again after it was taken away. */
interface Definition {
  readonly name: string;
  readonly text: string;
}

/** Indexes that the list alone needs; the others serve what a session itself does. */
const listIndexes = `select indexrelid::regclass::text as name, pg_get_indexdef(indexrelid) as text from pg_index
  where indrelid = 'sessions'::regclass and not indisunique
    and indexrelid::regclass::text not in ('sessions_client', 'sessions_chat_active', 'sessions_of_operator')`;
const triggers = `select tgname as name, pg_get_triggerdef(oid) as text from pg_trigger
  where tgrelid = 'sessions'::regclass and not tgisinternal`;

/** Starts a second with and without the indexes of the list; the database is afterwards as it was. */
export async function sessionStartsBench(dataFolder: string): Promise<SessionStartsReport> {
  await using molva = await startMolva(dataFolder);
  const database = await openBenchDatabase(molva.database);
  const chatId = await molva.echoChat();
  const definitions = async (text: string): Promise<Definition[]> => (await database.query<Definition>(text)).rows;
  const [taken, kept] = [await definitions(listIndexes), await definitions(triggers)];
  // After a checkpoint each page that is touched is written whole: every round begins there, none has it easier.
  const round = async (): Promise<SessionStartFigures> => {
    await database.query('checkpoint');
    return starts(molva, chatId, SECONDS);
  };
  const setTriggers = async (how: 'enable' | 'disable'): Promise<void> => {
    for (const { name } of kept) await database.query(`alter table sessions ${how} trigger ${name}`);
  };
  const rounds: Record<keyof SessionStartsReport, SessionStartFigures[]> = {
    withIndexes: [],
    withoutSearch: [],
    withoutList: [],
  };
  try {
    await starts(molva, chatId, SECONDS);
    for (let turn = 0; turn < ROUNDS; turn++) {
      rounds.withIndexes.push(await round());
      await setTriggers('disable');
      rounds.withoutSearch.push(await round());
      await setTriggers('enable');
    }
    await setTriggers('disable');
    for (const { name } of taken) await database.query(`drop index ${name}`);
    for (let turn = 0; turn < ROUNDS; turn++) rounds.withoutList.push(await round());
    const { withIndexes, withoutSearch, withoutList } = rounds;
    return {
      withIndexes: middle(withIndexes),
      withoutSearch: middle(withoutSearch),
      withoutList: middle(withoutList),
    };
  } finally {
    await restore(database, taken, kept);
    await database.end();
  }
}

function middle(rounds: readonly SessionStartFigures[]): SessionStartFigures {
  const sorted = rounds.toSorted((a, b) => a.startsPerSecond - b.startsPerSecond);
  return sorted[Math.floor(sorted.length / 2)] as SessionStartFigures;
}

async function restore(database: pg.Client, taken: readonly Definition[], kept: readonly Definition[]): Promise<void> {
  await database.query(`set maintenance_work_mem = '1GB'`);
  for (const { text } of taken) await database.query(text.replace('CREATE INDEX', 'CREATE INDEX IF NOT EXISTS'));
  for (const { name } of kept) await database.query(`alter table sessions enable trigger ${name}`);
  await database.query(`insert into session_search (id, company_id, client_id, started_at, search)
    select id, company_id, client_id, started_at, search from sessions where chat_id is not null
      and started_at > now() - interval '1 hour' on conflict do nothing`);
  await database.query('vacuum analyze sessions, session_search');
}

async function starts({ port, pid }: BenchedMolva, chatId: string, seconds: number): Promise<SessionStartFigures> {
  let done = 0;
  let running = true;
  const used = watchCpu(() => familyOf(pid).slice(1));
  const began = performance.now();
  const callers = Array.from({ length: CALLERS }, async () => {
    while (running) {
      const answer = await fetch(`http://127.0.0.1:${port}/api/v1/chats/${chatId}/sessions`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ name: `Наталья Виноградова Вопрос по заказу № ${1_000_000 + done}` }),
      });
      if (answer.status !== 201) throw new Error(`a start was answered ${answer.status}: ${await answer.text()}`);
      await answer.arrayBuffer();
      done++;
    }
  });
  await sleep(seconds * 1000);
  const [rate, cpu] = [done / ((performance.now() - began) / 1000), used() / done];
  running = false;
  await Promise.all(callers);
  const figures = { startsPerSecond: Math.round(rate), databaseCpuMicros: Math.round(cpu * 1e6) };
  process.stderr.write(`${JSON.stringify(figures)}\n`);
  return figures;
}
