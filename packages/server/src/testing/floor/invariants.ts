import { isDeepStrictEqual } from 'node:util';
import { advance } from '../../modules/sessions/answering/floor/advance.ts';
import type { Facts, FloorEvent } from '../../modules/sessions/answering/floor/events.ts';
import { wishOf, type Outcome } from '../../modules/sessions/answering/floor/outcome.ts';
import { readFloor, storedPhase, type FloorRow } from '../../modules/sessions/state/floor-reading.ts';
import { botTypes, settling, type BotFloor, type Floor } from '../../modules/sessions/state/floor.ts';
import { timersOf, type ModelSession } from './model-session.ts';
import type { Draft, World } from './world.ts';

/** How long a row may stay with a process that died. */
export const LEASE_MS = 10_000;

/** An invariant of SPEC.md that does not hold. */
export function broken(invariant: string, what: string, ...details: unknown[]): never {
  throw new Error(`${invariant}: ${what} ${details.map((detail) => JSON.stringify(detail)).join(' ')}`);
}

/** What holds for every move of a floor. */
export function checkMove(before: ModelSession, after: ModelSession, event: FloorEvent | null): void {
  const [was, is] = [before.floor, after.floor];
  if (was.at === 'closed') broken('I6', 'a closed session moved', event, is);
  if (new Set(after.ended).size !== after.ended.length) broken('I3', 'a question ended twice', after.ended);
  if (new Set(after.ran).size !== after.ran.length) broken('I10', 'a follow-up ran twice', after.ran);
  if ((is.at === 'person' || is.at === 'closed') && (botTypes(is) || settling(is))) broken('I3', 'a bot goes on', is);
  checkInbox(was, is, event);
  checkNaming(before, after);
  if (event !== null && is.at === 'bot' && nobodyIsThere.has(event.is) && is.role === 'named') checkMisses(was, is);
  if (event?.is === 'gone' || event?.is === 'answerDue') checkExcluded(was, is, event.is);
  if (event !== null && keepsWish.has(event.is)) checkWish(was, is, event);
}

/** A question leaves the inbox by its own end, or with all of them. */
function checkInbox(was: Floor, is: Floor, event: FloorEvent | null): void {
  if (was.at !== 'bot' || is.at !== 'bot' || was.since !== is.since || was.bot.id !== is.bot.id) return;
  if (was.phase.is !== 'asking' || is.phase.is !== 'asking') return;
  const left = is.phase.inbox.map(({ id }) => id);
  const [first, ...others] = was.phase.inbox.map(({ id }) => id);
  const ends = event !== null && 'question' in event && event.question === first && event.is !== 'promised';
  if (others.some((id) => !left.includes(id))) broken('I3', 'a question is lost', event, was, is);
  if (ends === left.includes(first ?? '')) broken('I3', 'not the question that ended is gone', event, was, is);
}

/** Who answered goes on being named until routing has decided. */
function checkNaming({ documented: was }: ModelSession, { documented: is, floor }: ModelSession): void {
  if (floor.at !== 'queue' || floor.stage.is !== 'placing') return;
  if (was.operatorId !== is.operatorId || was.operatorType !== is.operatorType)
    broken('I12', 'told too early', was, is);
}

const nobodyIsThere: ReadonlySet<string> = new Set(['none', 'waitDue', 'queueEnds']);

/** The bot's own branch is counted, and comes to an end. */
function checkMisses(was: Floor, { wish }: BotFloor): void {
  const misses = wish?.misses ?? 0;
  if (misses !== (wishOf(was)?.misses ?? 0) + 1 || misses > 3) broken('I10', 'misses are not counted', was, wish);
}

/** Who was there and did not answer is not asked again; who was away may be, once it is back. */
function checkExcluded(was: Floor, is: Floor, event: 'gone' | 'answerDue'): void {
  if (was.at !== 'person' || is.at === 'person') return;
  const excluded = wishOf(is)?.not.includes(was.id) === true;
  const absent = event === 'gone' || was.awaySince !== null;
  if (!absent && !excluded) broken('I8', 'somebody who does not answer may be asked again', was, is);
  const before = was.wish?.not.includes(was.id) === true;
  if (absent && excluded && !before) broken('I7', 'somebody who was away may not be asked again', was, is);
}

/** Events after which the wish is what it was: nobody there, failures, the idle and the absent, what a bot adds. */
const keepsWish: ReadonlySet<string> = new Set([
  'none',
  'failed',
  'answerDue',
  'gone',
  'waitDue',
  'queueEnds',
  'given',
]);

function checkWish(was: Floor, is: Floor, event: FloorEvent): void {
  const [wish, kept] = [wishOf(was), wishOf(is)];
  if (wish === null || is.at === 'closed') return;
  if (kept === null) broken('I9', 'a wish is lost', event, was, is);
  const same = wish.group === kept.group && wish.note === kept.note && wish.since === kept.since;
  if (!same) broken('I9', 'a wish is another', event, wish, kept);
}

/** What holds of every commit, with its rows. */
export function checkCommit(world: World, before: ModelSession, draft: Draft): void {
  const after = world.committed;
  for (const { bot, question } of draft.said) {
    if (question !== null) checkAnswer(before, bot, question);
  }
  checkTimers(world, after);
  checkLog(after);
  if (after.floor !== before.floor || after.failed !== before.failed) checkRow(world, after);
}

function checkAnswer({ floor }: ModelSession, bot: string, question: string): void {
  const open = floor.at === 'bot' && floor.phase.is === 'asking' && floor.phase.inbox[0].id === question;
  if (!open || floor.bot.id !== bot)
    broken('I2', 'a bot answered what it was not asked any more', bot, question, floor);
}

/** Whatever the floor waits for has a row that is not later, but for the lease of a process that died. */
function checkTimers(world: World, session: ModelSession): void {
  for (const [kind, at] of timersOf(session, world.rules, world.now)) {
    const row = world.due.get(kind);
    if (row === undefined) broken('I5', `no row for ${kind}`, session.floor);
    else if (!row.running && row.at > Math.max(at, world.now) + LEASE_MS) broken('I5', `${kind} comes late`, at, row);
  }
}

/** Whoever reads the log alone knows who answers. */
function checkLog({ log, documented }: ModelSession): void {
  let operatorId = 'a';
  let status = 'ACTIVE';
  for (const event of log) {
    if (status === 'CLOSED') broken('I12', 'something follows the end', log);
    if (event.is === 'closed') status = 'CLOSED';
    else operatorId = event.operatorId;
  }
  const told = operatorId === documented.operatorId && status === documented.status;
  if (!told) broken('I12', 'the log tells something else', operatorId, status, documented);
}

/** What is written is read, with the column of the floor and without it. */
function checkRow(world: World, { floor, documented, failed }: ModelSession): void {
  const json = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;
  const row: FloorRow = {
    documented,
    dialog: world.rules.dialog,
    phase: floor.at === 'bot' ? json(storedPhase(floor.phase)) : { started: true, wake: null },
    failed,
    floor: json(floor),
  };
  const read = readFloor(row, world.now);
  if (!isDeepStrictEqual(read, floor)) {
    broken('I14', 'what is read is not what was written', floor, read);
  }
  checkColumns(floor, documented, readFloor({ ...row, floor: null }, world.now));
}

/** From the columns alone: who answers, its phase, and what the wish says to people. */
function checkColumns(floor: Floor, { operatorType, operatorId }: ModelSession['documented'], read: Floor): void {
  const placing = floor.at === 'queue' && floor.stage.is === 'placing';
  const waits = operatorId === '' ? 'help' : operatorType === 'BOT' ? 'bot' : 'person';
  const at = placing ? waits : floor.at === 'queue' ? 'help' : floor.at;
  if (read.at !== at) broken('I14', 'the columns tell of another', floor, read);
  if (floor.at === 'bot' && read.at === 'bot') {
    if (!isDeepStrictEqual(floor.phase, read.phase) || read.bot.id !== floor.bot.id)
      broken('I14', 'the columns tell of another bot', floor, read);
  }
  if (floor.at === 'person' && read.at === 'person' && read.id !== floor.id)
    broken('I14', 'another person', floor, read);
  const [wish, kept] = [wishOf(floor), wishOf(read)];
  if (wish !== null && (wish.group !== kept?.group || wish.note !== kept.note || wish.since !== kept.since)) {
    broken('I14', 'the columns lose a wish', wish, kept);
  }
}

/** Events that come again after a crash or from another node. */
const repeated: ReadonlySet<string> = new Set([
  'given',
  'none',
  'answerDue',
  'back',
  'away',
  'lifeDue',
  'promised',
  'gone',
  'take',
  'add',
  'clientClosed',
  'end',
  'groupGone',
]);

/** The same event again, after what it led to: the floor is what it was, and nothing but routing is asked for. */
export function checkTwice(
  draft: Draft,
  event: FloorEvent,
  { floor, commands }: Extract<Outcome, { floor: Floor }>,
  factsOf: (draft: Pick<Draft, 'session' | 'world' | 'now'>, event: FloorEvent) => Facts,
): void {
  if (!repeated.has(event.is)) return;
  const { world, now, session } = draft;
  const party = new Set(session.party);
  for (const command of commands) {
    if (command.do === 'join') party.add(command.person.id);
    if (command.do === 'part') party.delete(command.person);
  }
  // A moment later, but for what time itself brings.
  const later = event.is === 'lifeDue' ? now : now + 1;
  const after = { session: { ...session, floor, party: [...party] }, world, now: later };
  const again = advance(floor, event, factsOf(after, event));
  if ('refused' in again) return;
  const idle = again.commands.every((command) => command.do === 'route');
  if (!isDeepStrictEqual(again.floor, floor) || !idle) broken('I13', 'twice is not once', event, floor, again);
}
