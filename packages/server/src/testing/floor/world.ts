import type { Dice } from './dice.ts';
import { checkCommit } from './invariants.ts';
import { timersOf, type ModelSession, type Rules, type Timer } from './model-session.ts';

/** What else is woken: routing, and what follows from a person's status. */
export type DueKind = Timer | 'route' | `status:${number}` | `departed:${number}`;

/** A wish to be woken. `version` is of the commit that wished it: who runs it reads none that is older. */
export interface DueRow {
  at: number;
  version: number;
  /** How often it was wished for: a row that was wished for again while it ran is not finished by that. */
  wishes: number;
  running: boolean;
}

/** A person of the company. */
export interface ModelPerson {
  readonly id: number;
  readonly usesStatuses: boolean;
  online: boolean;
  /** Since when. */
  since: number;
}

/** A question on its way to a bot elsewhere, or its answer. */
export interface SentToBot {
  readonly is: 'call' | 'answer';
  readonly question: string;
  /** Of the session that asked. */
  readonly version: number;
}

/** Something on its way: a question, an answer, or what routing decided. */
export type Sent = SentToBot | { readonly is: 'decision'; readonly version: number; readonly give: number | null };

/** A process: its memory of the session may be of any age. */
export interface ModelNode {
  memory: ModelSession;
}

/** One session, its due rows, its people and what is on its way, on two nodes. */
export class World {
  now = 1_000_000;
  committed: ModelSession;
  readonly due = new Map<DueKind, DueRow>();
  readonly nodes: readonly [ModelNode, ModelNode];
  readonly people: readonly ModelPerson[];
  readonly sent: Sent[] = [];
  readonly attempts = new Map<string, number>();
  readonly goneGroups = new Set<string>();
  /** What happened, for whoever reads a failure; null where nobody does. */
  readonly trace: string[] | null;
  /** Pauses that bots still take: at the end of a walk they come to an end. */
  pauses = Infinity;
  /** How often a row came again at once. */
  readonly spins = new Map<DueKind, { readonly at: number; readonly count: number }>();
  readonly rules: Rules;
  #ids = 0;

  constructor(rules: Rules, session: ModelSession, people: readonly ModelPerson[], trace: string[] | null) {
    this.trace = trace;
    this.rules = rules;
    this.committed = session;
    this.nodes = [{ memory: session }, { memory: session }];
    this.people = people;
    for (const [kind, at] of timersOf(session, rules, this.now)) this.wish(kind, at);
  }

  /** Notes what happened. */
  note(what: string, ...details: unknown[]): void {
    this.trace?.push([this.now, what, ...details.map((detail) => JSON.stringify(detail))].join(' '));
  }

  /** An id that no other question has. */
  nextId(): string {
    this.#ids++;
    return `q${this.#ids}`;
  }

  /** Wishes to be woken at an instant at the latest. */
  wish(kind: DueKind, at: number): void {
    const row = this.due.get(kind);
    const { version } = this.committed;
    if (row === undefined) this.due.set(kind, { at, version, wishes: 1, running: false });
    else {
      row.at = row.running ? at : Math.min(row.at, at);
      row.version = version;
      row.wishes++;
    }
  }

  /** Makes a changed session the committed one, unless another was first: then the step is to be made anew. */
  commit(node: ModelNode, draft: Draft): boolean {
    if (draft.before.version !== this.committed.version) return false;
    const { before } = draft;
    this.committed = { ...draft.session, version: before.version + 1 };
    node.memory = this.committed;
    for (const [kind, at] of draft.wishes) this.wish(kind, at);
    checkCommit(this, before, draft);
    return true;
  }
}

/** A step being made up on a node. */
export class Draft {
  session: ModelSession;
  readonly wishes = new Map<DueKind, number>();
  /** Whoever spoke as a bot, and the question it answered. */
  readonly said: { readonly bot: string; readonly question: string | null }[] = [];

  readonly world: World;
  readonly before: ModelSession;
  readonly dice: Dice;

  constructor(world: World, before: ModelSession, dice: Dice) {
    this.world = world;
    this.before = before;
    this.dice = dice;
    this.session = before;
  }

  get now(): number {
    return this.world.now;
  }

  set(change: Partial<ModelSession>): void {
    this.session = { ...this.session, ...change };
  }
}
