import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { openDatabase, type DatabaseConnection } from '../platform/database.ts';
import { migrate } from '../platform/migrations.ts';
import { freshDatabase } from './fresh-database.ts';

/** A session of such a database, and what the build that wrote it answered about it. */
export interface OldSession {
  /** The row of the table in the floor's SPEC that it is read by, and the letter of the odd ones. */
  readonly row: string;
  readonly id: string;
  /** Of a dialog of the bot API. */
  readonly dialogId?: string;
  /** Of the question that its bot promised an answer to. */
  readonly replyToken?: string;
  /** Its messages, the oldest first. */
  readonly said: readonly string[];
  /** All of `GET /sessions/{id}`; a dialog has none. */
  readonly session?: Readonly<Record<string, unknown>>;
}

/** A database as an earlier build left it at this moment. */
export interface OldDatabase {
  readonly connection: DatabaseConnection;
  /** What its reply tokens are signed with, base64. */
  readonly sessionKey: string;
  /** Users by first name, groups by name, sessions by what they are. */
  readonly people: Readonly<Record<string, number>>;
  readonly groups: Readonly<Record<string, string>>;
  readonly sessions: Readonly<Record<string, OldSession>>;
}

interface Answers extends Omit<OldDatabase, 'connection'> {
  readonly takenAt: string;
  /** What most sessions have: of each only what differs is written. */
  readonly ordinary: Readonly<Record<string, unknown>>;
}

const folder = fileURLToPath(new URL('./upgrades/', import.meta.url));

/**
 * Loads a dump of `upgrades/` into a new database, which has the schema as it was after the step named.
 * @param receiver the address at which the integrator of the dump is now
 */
export async function loadOldDatabase(name: string, lastStep: number, receiver: string): Promise<OldDatabase> {
  const connection = await freshDatabase();
  const [dump, written] = await Promise.all([
    readFile(`${folder}${name}.sql`, 'utf8'),
    readFile(`${folder}${name}.json`, 'utf8'),
  ]);
  await using database = openDatabase(connection, 1, (error) => {
    throw error;
  });
  await migrate(database, lastStep);
  const { takenAt } = JSON.parse(written) as Answers;
  const by = Date.now() - Date.parse(takenAt);
  await database.transaction(async ({ client }) => {
    await client.query(moved(dump, by).replaceAll('http://receiver.test', receiver));
    await client.query(
      'update sessions set activity_hour = floor(extract(epoch from coalesce(last_message_at, started_at)) / 3600)',
    );
  });
  const { ordinary, sessions, sessionKey, people, groups } = JSON.parse(inWholeSeconds(moved(written, by))) as Answers;
  const whole = Object.entries(sessions).map(([what, old]): [string, OldSession] => [
    what,
    old.session === undefined ? old : { ...old, session: { ...ordinary, ...old.session } },
  ]);
  return { connection, sessionKey, people, groups, sessions: Object.fromEntries(whole) };
}

/** Answers of before in the form that instants have now. */
function inWholeSeconds(answers: string): string {
  return answers.replaceAll(/\.\d{3}(?=\+00:00)/g, '');
}

/** Moves every instant of a text: those of SQL and of the wire, and those of wakes, which are milliseconds. */
function moved(text: string, by: number): string {
  return text
    .replaceAll(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}(?=Z|\+00:00)/g, (instant) =>
      new Date(Date.parse(`${instant}Z`) + by).toISOString().slice(0, -1),
    )
    .replaceAll(/(?<="at": ?)\d{13}/g, (instant) => String(Number(instant) + by));
}
