import { loadavg } from 'node:os';
import { timeCalls, type Latencies } from './support/calls.ts';
import { listCases, type ListCase } from './support/list-cases.ts';
import { openBenchDatabase } from './support/folders.ts';
import { startMolva, type BenchedMolva } from './support/molva.ts';
import { readScans, scansBetween } from './support/scans.ts';

const REQUESTS = Number(process.env['BENCH_REQUESTS'] ?? 200);
/** For what reads every record. */
const FEW_REQUESTS = 20;
const MANY_CALLERS = 8;
/** Requests before the measured ones: what is read often is in memory. */
const WARMING = 20;
/** Only cases whose name matches this. */
const ONLY = new RegExp(process.env['BENCH_CASES'] ?? '');

/** Figures of one list query. */
export interface ListFigures {
  readonly name: string;
  /** One caller; a list without its count. */
  readonly page: Latencies;
  /** One caller; with the count, where the list has one. */
  readonly withCount?: Latencies;
  /** Eight callers at once; a list with its count. */
  readonly eightCallers: Latencies;
  /** Sequential scans of big tables by all of these; none is as it should be. */
  readonly scans: Record<string, { scans: number; rows: number }>;
}

/** Every list query on a full database. */
export async function listsBench(dataFolder: string): Promise<{ loadAverage: number[]; queries: ListFigures[] }> {
  const loadBefore = loadavg();
  await using molva = await startMolva(dataFolder);
  const database = await openBenchDatabase(molva.database);
  try {
    const cases = (await listCases(database)).filter(({ name }) => ONLY.test(name));
    const { rows } = await database.query<{ id: string }>('select id from bench_sessions where company = 1 limit 1');
    const queries: ListFigures[] = [];
    let before = await readScans(database, molva, rows[0]?.id ?? '');
    for (const one of cases) {
      const measured = await measure(molva, one);
      const after = await readScans(database, molva, rows[0]?.id ?? '');
      queries.push({ name: one.name, ...measured, scans: scansBetween(before, after) });
      before = after;
      process.stderr.write(`${JSON.stringify(queries.at(-1))}\n`);
    }
    return { loadAverage: [...loadBefore, ...loadavg()].map((load) => Number(load.toFixed(1))), queries };
  } finally {
    await database.end();
  }
}

async function measure(
  molva: BenchedMolva,
  { path, counts, fewRequests }: ListCase,
): Promise<Omit<ListFigures, 'name' | 'scans'>> {
  const { port, token } = molva;
  const [requests, warming] = fewRequests === true ? [FEW_REQUESTS, 1] : [REQUESTS, WARMING];
  const without = (request: number): string => {
    const target = path(request);
    return `${target}${target.includes('?') ? '&' : '?'}withoutCount=1`;
  };
  const time = (callers: number, count: number, of: (request: number) => string): Promise<Latencies> =>
    timeCalls({ port, token, callers, count, path: of });
  await time(1, warming, path);
  const page = await time(1, requests, counts ? without : path);
  const withCount = counts ? { withCount: await time(1, requests, path) } : {};
  return { page, ...withCount, eightCallers: await time(MANY_CALLERS, requests, path) };
}
