import { LOOK_MS } from './floor.ts';
import type { Floor, Phase, Question, Wish } from './floor.ts';
import { agrees, type Documented } from './floor-view.ts';
import type { BotInput, BotUserMessage } from './bot-input.ts';

/** The phase of a bot as its row keeps it beside its memory, in a shape that every build has written. */
export interface StoredPhase {
  /** False until its first turn. */
  readonly started: boolean;
  /** When it is to be woken, for what. */
  readonly wake:
    | { readonly kind: 'resume'; readonly at: number; readonly typing: boolean }
    | { readonly kind: 'timeout'; readonly at: number }
    | { readonly kind: 'answer'; readonly at: number }
    | { readonly kind: 'join'; readonly at: number }
    | null;
  /** The block that a first turn begins at. */
  readonly nodeId?: string;
  /** The message that a first turn answers. */
  readonly message?: BotUserMessage;
  /** Inputs that a bot elsewhere has not answered yet, the oldest first. */
  readonly asked?: readonly { readonly id: string; readonly input: BotInput; readonly askedAt?: number }[];
}

/** A phase as it is stored. */
export function storedPhase(phase: Phase): StoredPhase {
  switch (phase.is) {
    case 'silent': {
      const wake = phase.at === null ? null : ({ kind: 'join', at: phase.at } as const);
      return { started: false, wake, ...firstTurn(phase) };
    }
    case 'waiting':
      return { started: true, wake: phase.deadline === null ? null : { kind: 'timeout', at: phase.deadline } };
    case 'pausing':
      return { started: true, wake: { kind: 'resume', at: phase.until, typing: phase.typing } };
    case 'asking':
      return {
        started: true,
        wake: phase.promised === null ? null : { kind: 'answer', at: phase.promised },
        asked: phase.inbox,
      };
    case 'handedOut':
      return { started: true, wake: null };
  }
}

/** The phase a row tells of: what it was asked comes before what it was to be woken for. */
function phaseOf(stored: StoredPhase | null, handedOut: boolean, now: number): Phase {
  const wake = stored?.wake ?? null;
  const [oldest, ...others] = (stored?.asked ?? []).map(({ id, input, askedAt }): Question => ({
    id,
    input,
    askedAt: askedAt ?? now,
  }));
  if (oldest !== undefined) {
    return { is: 'asking', inbox: [oldest, ...others], promised: wake?.kind === 'answer' ? wake.at : null };
  }
  if (handedOut) return { is: 'handedOut' };
  if (wake?.kind === 'resume') return { is: 'pausing', until: wake.at, typing: wake.typing };
  if (wake?.kind === 'timeout') return { is: 'waiting', deadline: wake.at };
  if (stored?.started === false) {
    const first = firstTurn(stored);
    return wake?.kind === 'join'
      ? { is: 'silent', until: 'join', at: wake.at, ...first }
      : { is: 'silent', until: 'message', at: null, ...first };
  }
  return { is: 'waiting', deadline: null };
}

/** What a first turn begins with, as far as it is known. */
function firstTurn({ nodeId, message }: Pick<StoredPhase, 'nodeId' | 'message'>) {
  return { ...(nodeId === undefined ? {} : { nodeId }), ...(message === undefined ? {} : { message }) };
}

/** What of a row the floor is read from. */
export interface FloorRow {
  readonly documented: Documented;
  readonly dialog: boolean;
  readonly phase: StoredPhase | null;
  readonly failed: boolean;
  /** What the row says of it beside the columns: without the phase of a bot. */
  readonly floor: Floor | null;
}

/**
 * The floor of a row. A stored one that disagrees with the documented columns was written beside by somebody who does
 * not know it: the columns hold.
 */
export function readFloor(row: FloorRow, now: number): Floor {
  return storedFloor(row, now) ?? fromColumns(row, now);
}

/** Whether the columns of a row say another floor than the one that is stored. */
export function writtenBeside(row: FloorRow, now: number): boolean {
  return row.floor !== null && storedFloor(row, now) === null;
}

/** The floor that is stored, whole; null where there is none, or the columns say another. */
function storedFloor(row: FloorRow, now: number): Floor | null {
  const { floor } = row;
  if (floor === null) return null;
  const whole = floor.at === 'bot' ? { ...floor, phase: phaseOf(row.phase, isHandedOut(row), now) } : floor;
  return agrees(whole, row.documented, row.failed) ? whole : null;
}

function isHandedOut({ dialog, documented: { botStatus, operatorType } }: FloorRow): boolean {
  return dialog && botStatus === 'OPERATOR' && operatorType === 'BOT';
}

/** The floor of a row that has none: by the table of SPEC.md, first match. */
function fromColumns(row: FloorRow, now: number): Floor {
  const { documented, phase } = row;
  const { status, closedAt, operatorType, operatorId, operatorName, operatorAssignedAt, handOver } = documented;
  const since = operatorAssignedAt ?? now;
  const notFound = instant(handOver?.notFoundAt ?? null);
  const wish: Wish | null =
    handOver === null
      ? null
      : wishFrom(handOver.groupId, handOver.announcement, instant(handOver.at) ?? now, notFound !== null);
  if (status === 'CLOSED' || closedAt !== null) {
    const last = { type: operatorType, id: operatorId, name: operatorName, since: operatorAssignedAt };
    return { at: 'closed', when: closedAt ?? now, last: operatorId === '' ? null : last, by: 'before' };
  }
  if (operatorType === 'BOT') {
    const bot = { id: operatorId, name: operatorName };
    return { at: 'bot', bot, since, phase: phaseOf(phase, isHandedOut(row), now), role: 'first', wish };
  }
  if (operatorId === '') {
    const waits = wish ?? wishFrom(null, null, notFound ?? now, true);
    return { at: 'help', wish: waits, since: notFound ?? now, lookAt: (notFound ?? now) + LOOK_MS, why: 'nobody' };
  }
  const id = Number(operatorId);
  return { at: 'person', id, name: operatorName, since, awaySince: null, wish, by: 'named', why: null };
}

function wishFrom(group: string | null, note: string | null, since: number, busyTold: boolean): Wish {
  return {
    group,
    since,
    priority: 0,
    note,
    skills: [],
    prefer: null,
    not: [],
    else: 'script',
    misses: 0,
    busyTold,
    from: 'bot',
  };
}

function instant(text: string | null): number | null {
  return text === null ? null : Date.parse(text);
}
