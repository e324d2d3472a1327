import { spreadOf, type Spread } from './numbers.ts';
import { keepBusy, type Crowd, type Load } from './load.ts';
import type { Watched } from './meter.ts';
import { LOADS, ROUNDS, SECONDS } from './tuning.ts';

/** After the point of a figure. */
const DIGITS = 3;

/** Somebody whose exchanges are measured. */
export interface Contestant {
  /** The database under it. */
  readonly database: string;
  readonly name: string;
  /** Whose rate it is compared with, on the same database. */
  readonly peer: string;
  /** The least sessions that make sense of it. */
  readonly least?: number;
  readonly watched: Watched;
  open(sessions: number): Promise<Crowd>;
}

/** What came of a contestant at one load. */
export type Standing = Pick<Contestant, 'database' | 'name'> & { readonly sessions: number } & Readonly<
    Record<keyof Load | 'ofPeer', Spread>
  >;

/** Measures all of them in turns, at one load after the other. */
export async function contest(contestants: readonly Contestant[]): Promise<Standing[]> {
  const standings: Standing[] = [];
  for (const sessions of LOADS) {
    const loads = new Map<Contestant, Load[]>(
      contestants.filter(({ least = 1 }) => least <= sessions).map((contestant) => [contestant, []]),
    );
    for (let round = 0; round < ROUNDS; round++) {
      for (const [contestant, rounds] of loads) {
        await using crowd = await contestant.open(sessions);
        rounds.push(await keepBusy(crowd, contestant.watched, SECONDS));
        const { database, name } = contestant;
        process.stderr.write(`${JSON.stringify({ database, name, sessions, ...rounds.at(-1) })}\n`);
      }
    }
    for (const [{ database, name, peer }, rounds] of loads) {
      const peers = [...loads].find(([other]) => other.database === database && other.name === peer)?.[1] ?? rounds;
      const ofPeer = rounds.map((load, round) => load.exchangesPerSecond / rate(peers[round]));
      standings.push({ database, name, sessions, ...spreadOfEach(rounds), ofPeer: spreadOf(ofPeer, DIGITS) });
    }
  }
  return standings;
}

function rate(load: Load | undefined): number {
  return load?.exchangesPerSecond ?? Number.NaN;
}

function spreadOfEach(rounds: readonly Load[]): Record<keyof Load, Spread> {
  const of = (key: keyof Load): Spread =>
    spreadOf(
      rounds.map((load) => load[key]),
      DIGITS,
    );
  return {
    exchangesPerSecond: of('exchangesPerSecond'),
    p50Ms: of('p50Ms'),
    p99Ms: of('p99Ms'),
    serverMicros: of('serverMicros'),
    databaseMicros: of('databaseMicros'),
    machineMicros: of('machineMicros'),
    walBytes: of('walBytes'),
    fsyncs: of('fsyncs'),
  };
}

const head = [
  'Database',
  'Sessions',
  'What',
  'Exchanges/s',
  'of its peer',
  'p50 ms',
  'p99 ms',
  'CPU µs of the server',
  'of PostgreSQL',
  'of the machine',
  'WAL bytes',
  'fsyncs',
];

/** The standings as Markdown: the middle of the rounds, with both ends of what is judged by. */
export function tableOf(standings: readonly Standing[]): string {
  const ends = ({ middle, least, most }: Spread): string => `${middle} (${least}–${most})`;
  const rows = standings.map((one) => [
    one.database,
    one.sessions,
    one.name,
    ends(one.exchangesPerSecond),
    ends(one.ofPeer),
    one.p50Ms.middle,
    ends(one.p99Ms),
    one.serverMicros.middle || '–',
    one.databaseMicros.middle,
    one.machineMicros.middle,
    one.walBytes.middle,
    one.fsyncs.middle,
  ]);
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |\n`).join('');
}
