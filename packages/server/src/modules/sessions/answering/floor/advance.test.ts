import { describe, expect, it } from 'vitest';
import { chatFacts, states, wish, type StateName } from '../../../../testing/floor/floors.ts';
import type { BotFloor, Floor, PersonFloor, QueueFloor } from '../../state/floor.ts';
import { advance, table } from './advance.ts';
import type { Facts, FloorEvent, NamedPerson } from './events.ts';
import { asked } from './bot-rows.ts';
import { render } from '../../../../testing/floor/render.ts';

/** The instant of every event here. */
const NOW = 100_000;
const message = { id: 'm1', text: 'Hello', attachments: [] };
const ann: NamedPerson = { id: 8, name: 'Ann', away: false };
const why = {
  rule: 'leastLoaded',
  of: 2,
  load: 0,
  capacity: null,
  waited: 70_000,
  skipped: { offline: 0, paused: 0, full: 0, unskilled: 0, excluded: 0 },
} as const;
const question = 'q2';

/** An event of each row, with the question that is open where one is. */
const events: { readonly [E in FloorEvent['is']]: (open: string | null) => Extract<FloorEvent, { is: E }> } = {
  clientSaid: () => ({ is: 'clientSaid', message, question }),
  clientJoined: () => ({ is: 'clientJoined', question }),
  turnWaits: (open) => ({ is: 'turnWaits', question: open, deadline: NOW + 60_000 }),
  turnPauses: (open) => ({ is: 'turnPauses', question: open, until: NOW + 2_000, typing: true }),
  turnWishes: (open) => ({ is: 'turnWishes', question: open, wish: { group: 'sales', note: 'VIP', fallback: false } }),
  turnEnds: (open) => ({ is: 'turnEnds', question: open, next: question }),
  failed: (open) => ({ is: 'failed', question: open }),
  promised: (open) => ({ is: 'promised', question: open ?? 'q1', until: NOW + 30_000 }),
  botDue: () => ({ is: 'botDue', question }),
  given: () => ({ is: 'given', to: ann, why }),
  none: () => ({ is: 'none', why: 'nobody', question }),
  waitDue: () => ({ is: 'waitDue', question }),
  answerDue: () => ({ is: 'answerDue' }),
  gone: () => ({ is: 'gone', person: 7 }),
  back: () => ({ is: 'back', person: 7 }),
  lifeDue: () => ({ is: 'lifeDue', question }),
  operatorSaid: () => ({ is: 'operatorSaid', by: ann, oversees: false }),
  take: () => ({ is: 'take', to: ann, by: 'took' }),
  toGroup: () => ({ is: 'toGroup', group: 'support', note: null }),
  toBot: () => ({ is: 'toBot', bot: { id: 'c', name: 'Other' }, again: false, question }),
  add: () => ({ is: 'add', person: ann }),
  remove: () => ({ is: 'remove', person: 7, question }),
  close: () => ({ is: 'close', question }),
  end: () => ({ is: 'end', by: 'spam' }),
  rewish: () => ({ is: 'rewish', priority: 5 }),
  aside: () => ({ is: 'aside', what: 'work' }),
  clientClosed: () => ({ is: 'clientClosed' }),
  queueEnds: () => ({ is: 'queueEnds', question }),
  away: () => ({ is: 'away', person: 7 }),
  groupGone: () => ({ is: 'groupGone', group: 'sales' }),
};

/** What each event leads to in each state, in the order of the table; `=`: the very floor, `!`: a refusal. */
type Column = Readonly<Record<StateName, string>>;
const nothing = '=';
const asides = { placing: '=', queue: '=', help: '=', person: '=', closed: '=' } as const;
const noBot = { ...asides, silent: '=', waiting: '=', pausing: '=', asking: '=', handedOut: '=' } as const;
const all = (cell: string): Column => {
  const names = Object.keys(states) as StateName[];
  return Object.fromEntries(names.map((name) => [name, cell])) as Record<StateName, string>;
};

const expected: Readonly<Record<FloorEvent['is'], Column>> = {
  clientSaid: {
    silent: '= turn(start)',
    waiting: '= turn(message)',
    pausing: '= turn(message)',
    asking: 'asking 2',
    handedOut: '= turn(message)',
    ...asides,
    closed: '! session-closed',
  },
  clientJoined: { ...noBot, silent: '= turn(start)' },
  turnWaits: {
    ...asides,
    silent: 'waiting',
    waiting: 'waiting',
    pausing: 'waiting',
    asking: 'waiting',
    handedOut: 'waiting',
  },
  turnPauses: {
    ...asides,
    silent: 'pausing',
    waiting: 'pausing',
    pausing: 'pausing',
    asking: 'pausing',
    handedOut: 'pausing',
  },
  turnWishes: {
    ...asides,
    silent: 'placing',
    waiting: 'placing',
    pausing: 'placing',
    asking: 'placing',
    handedOut: 'handedOut',
  },
  turnEnds: {
    ...asides,
    silent: 'closed bot',
    waiting: 'closed bot',
    pausing: 'closed bot',
    asking: 'closed bot',
    handedOut: 'closed bot',
  },
  failed: {
    ...asides,
    silent: 'placing failed',
    waiting: 'placing failed',
    pausing: 'placing failed',
    asking: 'placing failed',
    handedOut: 'closed failure failed',
  },
  promised: { ...noBot, asking: 'asking 1' },
  botDue: { ...noBot, silent: '= turn(start)', waiting: '= turn(timeout)', pausing: '= turn(resume)' },
  given: {
    ...noBot,
    placing: 'person 8 routing join(8)',
    queue: 'person 8 routing join(8)',
    help: 'person 8 routing join(8)',
  },
  none: { ...noBot, placing: 'help nobody house' },
  waitDue: { ...noBot, placing: '= route(sales)', queue: '= route(sales)', help: 'help nobody route(sales)' },
  answerDue: { ...noBot, person: 'placing' },
  gone: { ...all('= part(7)'), person: 'placing part(7)', closed: '=' },
  back: all(nothing),
  lifeDue: { ...all('closed expired'), placing: '=', closed: '=' },
  operatorSaid: {
    ...all('person 8 took join(8)'),
    handedOut: '! entity-not-found',
    person: '! operator-not-in-session',
    closed: '! session-closed',
  },
  take: { ...all('person 8 took join(8)'), handedOut: '! entity-not-found', closed: '! session-closed' },
  toGroup: { ...all('placing'), handedOut: '! entity-not-found', closed: '! session-closed' },
  toBot: { ...all('waiting c named begin(c) turn(start)'), closed: '! session-closed' },
  add: {
    ...all('= join(8)'),
    handedOut: '! entity-not-found',
    placing: 'person 8 named join(8)',
    queue: 'person 8 named join(8)',
    help: 'person 8 named join(8)',
    closed: '! session-closed',
  },
  remove: {
    ...all('= part(7)'),
    handedOut: '! entity-not-found',
    person: 'placing part(7)',
    closed: '! session-closed',
  },
  close: { ...all('closed operator'), closed: '=' },
  end: { ...all('closed spam'), closed: '=' },
  rewish: { ...noBot, placing: 'placing', queue: 'queue', help: 'help nobody', closed: '! session-closed' },
  aside: { ...all(nothing), closed: '! session-closed' },
  clientClosed: { ...all('closed client'), closed: '=' },
  queueEnds: { ...noBot, placing: '= route(sales)', queue: 'help hours house' },
  away: { ...all(nothing), person: 'person 7 routing' },
  groupGone: { ...noBot, placing: 'placing route()', queue: 'queue route()', help: 'help nobody route()' },
};

const names = Object.keys(states) as StateName[];
const kinds = Object.keys(expected) as FloorEvent['is'][];
const cells = kinds.flatMap((kind) => names.map((name) => [kind, name, expected[kind][name]] as const));

const facts = (over: Partial<Facts> = {}): Facts => ({ ...chatFacts(NOW), ...over });
const inState = (name: StateName, over: Partial<Facts> = {}): Facts =>
  facts({ dialog: name === 'handedOut', party: [7], ...over });

function eventFor(kind: FloorEvent['is'], floor: Floor): FloorEvent {
  const open = floor.at === 'bot' && floor.phase.is === 'asking' ? floor.phase.inbox[0].id : null;
  return events[kind](open);
}

function happens(name: StateName, kind: FloorEvent['is'], over: Partial<Facts> = {}): string {
  const floor = states[name];
  return render(floor, advance(floor, eventFor(kind, floor), inState(name, over)));
}

function becomes<F extends Floor>(floor: Floor, event: FloorEvent, given: Facts): F {
  const outcome = advance(floor, event, given);
  if ('refused' in outcome) throw new Error(outcome.refused);
  return outcome.floor as F;
}

const asksFor = (group: string | null, fallback = false): FloorEvent => ({
  is: 'turnWishes',
  question: null,
  wish: { group, note: group === null ? null : 'VIP', fallback },
});

describe(advance, () => {
  it('the table has every event, and no other', () => {
    expect(Object.keys(table).toSorted()).toEqual(kinds.toSorted());
  });

  it.each(cells)('I1: %s in %s: %s', (kind, name, cell) => {
    expect(happens(name, kind)).toBe(cell);
  });

  it.each(kinds)('I1: %s is a function of floor, event and facts alone, and changes none of them', (kind) => {
    for (const name of names) {
      const floor = states[name];
      const [event, given] = [eventFor(kind, floor), inState(name)];
      const before = structuredClone([floor, event, given]);
      expect(advance(floor, event, given)).toEqual(advance(floor, event, given));
      expect([floor, event, given]).toEqual(before);
    }
  });
});

describe('a: a banned client', () => {
  it.each(names)('says nothing in %s', (name) => {
    expect(happens(name, 'clientSaid', { banned: true })).toBe('! client-banned');
  });

  it('does not close the session either', () => {
    for (const name of names.filter((one) => one !== 'closed')) {
      expect(happens(name, 'clientClosed', { banned: true })).toBe('! client-banned');
    }
  });
});

describe('b: questions to a bot elsewhere', () => {
  it('wait behind the one that is open', () => {
    const after = becomes<BotFloor>(states.asking, events.clientSaid(null), facts());
    expect(after.phase).toMatchObject({ is: 'asking', inbox: [{ id: 'q1' }, { id: 'q2', askedAt: NOW }] });
  });

  it('are a failure beyond a hundred', () => {
    let floor: Floor = states.asking;
    for (let count = 1; count < 100; count++) {
      floor = becomes(floor, { is: 'clientSaid', message, question: `more${count}` }, facts());
    }
    expect(render(floor, advance(floor, events.clientSaid(null), facts()))).toBe('placing failed');
  });

  it('replace what the bot was to be woken for', () => {
    const one = { id: 'q9', input: { kind: 'resume' }, askedAt: NOW } as const;
    expect(render(states.pausing, asked(states.pausing as BotFloor, one, facts()))).toBe('asking 1');
  });
});

describe('c: what comes from a bot that does not answer any more', () => {
  const late = ['turnWaits', 'turnPauses', 'turnWishes', 'turnEnds', 'failed', 'promised'] as const;

  it.each(late)('I3: %s to a question that is not the open one has no effect', (kind) => {
    for (const name of names) {
      const floor = states[name];
      expect(render(floor, advance(floor, events[kind]('q0'), inState(name)))).toBe('=');
    }
  });

  it('I3: an answer leaves the next question open, whatever it wants to wait for', () => {
    const two = becomes(states.asking, events.clientSaid(null), facts());
    for (const kind of ['turnWaits', 'turnPauses'] as const) {
      const after = becomes<BotFloor>(two, events[kind]('q1'), facts());
      expect(after.phase).toEqual({ is: 'asking', inbox: [expect.objectContaining({ id: 'q2' })], promised: null });
    }
  });

  it('a turn taken here answers nothing that was asked elsewhere', () => {
    expect(render(states.asking, advance(states.asking, events.turnWaits(null), facts()))).toBe('=');
  });
});

describe('d: a later wish', () => {
  it('I9: keeps since and misses, and group and note where it names none', () => {
    const bot: BotFloor = { ...(states.waiting as BotFloor), wish: { ...wish, misses: 2, busyTold: true } };
    const kept = becomes<QueueFloor>(bot, asksFor(null), facts()).wish;
    expect(kept).toEqual({ ...wish, misses: 2, busyTold: true, from: 'bot' });
    const named = becomes<QueueFloor>(bot, asksFor('support', true), facts()).wish;
    expect(named).toMatchObject({ group: 'support', since: wish.since, misses: 2, else: 'bot' });
  });

  it('of a person tells the client anew that nobody is there, and may ask those again who did not answer', () => {
    const person: PersonFloor = { ...(states.person as PersonFloor), wish: { ...wish, not: [9], busyTold: true } };
    const after = becomes<QueueFloor>(person, events.toGroup(null), facts()).wish;
    expect(after).toEqual({ ...wish, group: 'support', not: [], busyTold: false, from: 'person' });
  });
});

describe('e: a bot that fails', () => {
  it('I9: passes on with its last wish, never into its own branch', () => {
    const bot: BotFloor = { ...(states.waiting as BotFloor), wish: { ...wish, else: 'bot' } };
    const after = becomes<QueueFloor>(bot, events.failed(null), facts()).wish;
    expect(after).toEqual({ ...wish, else: 'script', from: 'failure' });
  });

  it('leaves a reason in the help list', () => {
    const placing = becomes(states.waiting, events.failed(null), facts());
    expect(render(placing, advance(placing, events.none(null), facts()))).toBe('help botFailed house');
  });
});

describe('f: where nobody is there', () => {
  const asksItself = { ...(states.placing as QueueFloor), wish: { ...wish, else: 'bot' } } as QueueFloor;

  it('the branch of the bot that wished comes first', () => {
    expect(render(asksItself, advance(asksItself, events.none(null), facts()))).toBe(
      'waiting b named house turn(operatorNotFound)',
    );
    expect(becomes<BotFloor>(asksItself, events.none(null), facts())).toMatchObject({
      since: 50_000,
      wish: { misses: 1, busyTold: true, group: 'sales' },
    });
  });

  it('it is taken three times, and not where the bot is gone', () => {
    const often: QueueFloor = { ...asksItself, wish: { ...asksItself.wish, misses: 3, busyTold: true } };
    expect(render(often, advance(often, events.none(null), facts()))).toBe('help nobody');
    expect(render(asksItself, advance(asksItself, events.none(null), facts({ bot: null })))).toBe('help nobody house');
  });

  it("the chat's script comes next, and keeps the wish", () => {
    const scripts = { operatorNotFound: { id: 's', name: 'Sorry' } };
    expect(happens('placing', 'none', { scripts })).toBe(
      'waiting s operatorNotFound house ran(operatorNotFound) begin(s) turn(start)',
    );
    expect(becomes<BotFloor>(states.placing, events.none(null), facts({ scripts })).wish).toEqual({
      ...wish,
      busyTold: true,
    });
    const help: QueueFloor = { ...(states.placing as QueueFloor), wish: { ...wish, else: 'help' } };
    expect(render(help, advance(help, events.none(null), facts({ scripts })))).toBe('help nobody house');
  });

  it('the client is told once a wish, and not at all where the chat has no words', () => {
    const told: QueueFloor = { ...(states.placing as QueueFloor), wish: { ...wish, busyTold: true } };
    expect(render(told, advance(told, events.none(null), facts()))).toBe('help nobody');
    expect(happens('placing', 'none', { busyText: '' })).toBe('help nobody');
  });

  it('routing that does not decide within half a minute has found nobody', () => {
    expect(happens('placing', 'waitDue', { now: 129_000 })).toBe('= route(sales)');
    expect(happens('placing', 'waitDue', { now: 130_000 })).toBe('help nobody house');
  });

  it('a queue that was waited in for too long ends, and says so', () => {
    const queue = { ...states.queue, stage: { is: 'waiting', until: NOW, remindAt: null, told: null } } as QueueFloor;
    expect(render(queue, advance(queue, events.waitDue(null), facts()))).toBe('help waitedOut house');
  });

  it('the help list is looked at twice a minute, not more often', () => {
    expect(happens('help', 'waitDue', { now: 90_000 })).toBe('=');
    expect(becomes(states.help, events.waitDue(null), facts())).toMatchObject({ lookAt: NOW + 30_000 });
  });
});

describe('g: a person who does not answer, or is gone', () => {
  const had: PersonFloor = { ...(states.person as PersonFloor), wish: { ...wish, else: 'bot', not: [9] } };
  const left = (kind: 'answerDue' | 'gone' | 'remove', from = had, answered = false) =>
    becomes<QueueFloor>(from, events[kind](null), facts({ party: [7], answered })).wish;

  it('I9: answerDue keeps group, note and since, and never asks that one again', () => {
    expect(left('answerDue')).toEqual({ ...wish, not: [9, 7], else: 'script', from: 'idle' });
    expect(left('answerDue', had, true).not).toEqual([7]);
  });

  it('I9: gone keeps group, note and since, and may ask that one again once it is back', () => {
    expect(left('gone')).toEqual({ ...wish, not: [9], else: 'script', from: 'offline' });
    expect(left('gone', had, true).not).toEqual([]);
  });

  it('who does not answer because it is away may be asked again as well, but not who is taken out meanwhile', () => {
    const away: PersonFloor = { ...had, awaySince: 90_000 };
    expect(left('answerDue', away)).toMatchObject({ not: [9], from: 'idle' });
    expect(left('remove', away)).toMatchObject({ not: [9, 7], from: 'person' });
  });

  it('who had not answered before and was named by hand stays out, however often it is away', () => {
    const named: PersonFloor = { ...had, wish: { ...wish, not: [7] } };
    expect(left('gone', named).not).toEqual([7]);
    expect(left('answerDue', named).not).toEqual([7]);
  });

  it('is passed on without a group where there was no wish', () => {
    const person: PersonFloor = { ...(states.person as PersonFloor), wish: null };
    expect(becomes<QueueFloor>(person, events.answerDue(null), facts()).wish).toMatchObject({
      group: null,
      since: NOW,
    });
  });

  it('owes nothing before its time', () => {
    expect(happens('person', 'answerDue', { answerDue: NOW + 1 })).toBe('=');
    expect(happens('person', 'answerDue', { answerDue: null })).toBe('=');
  });

  it('I13: is gone once, however often it is said', () => {
    const after = becomes(states.person, events.gone(null), facts({ party: [7] }));
    expect(render(after, advance(after, events.gone(null), facts({ party: [] })))).toBe('=');
  });
});

describe('h: the end of life', () => {
  it('is not before its time', () => {
    for (const name of names) expect(happens(name, 'lifeDue', { lifeEnds: NOW + 1 })).toBe('=');
  });

  it("lets the chat's script follow, but where routing decides or all is over", () => {
    const scripts = { clientTimeout: { id: 's', name: 'Still there?' } };
    for (const name of names) {
      const cell = ['placing', 'closed'].includes(name)
        ? '='
        : 'waiting s clientTimeout ran(clientTimeout) begin(s) turn(start)';
      expect(happens(name, 'lifeDue', { scripts })).toBe(cell);
    }
  });
});

describe('follow-ups', () => {
  const script = { id: 's', name: 'Goodbye' };

  it('follow the end of a bot, and of the part of people where a person answered', () => {
    const scripts = { botEnded: script, operatorEnded: script };
    expect(happens('waiting', 'turnEnds', { scripts })).toBe('waiting s botEnded ran(botEnded) begin(s) turn(start)');
    expect(happens('person', 'close', { scripts })).toBe(
      'waiting s operatorEnded ran(operatorEnded) begin(s) turn(start)',
    );
    for (const name of ['waiting', 'placing', 'queue', 'help'] as const) {
      expect(happens(name, 'close', { scripts })).toBe('closed operator');
    }
  });

  it('I3: are asked a question of their own, whatever the bot before them answered', () => {
    const outcome = advance(states.asking, events.turnEnds('q1'), facts({ scripts: { botEnded: script } }));
    expect(outcome).toMatchObject({ commands: [{}, {}, { do: 'turn', question: 'q2' }] });
  });

  it.each([
    ['botEnded', 'bot'],
    ['operatorEnded', 'operator'],
    ['clientTimeout', 'expired'],
    ['operatorNotFound', 'bot'],
  ] as const)('%s ends with the reason of the end that began it: %s', (role, by) => {
    const floor: BotFloor = { ...(states.waiting as BotFloor), role };
    expect(render(floor, advance(floor, events.turnEnds(null), facts()))).toBe(`closed ${by}`);
  });
});

describe('i to l: people', () => {
  it('i: in a dialog there are none', () => {
    for (const kind of ['operatorSaid', 'take', 'toGroup', 'add', 'remove'] as const) {
      for (const name of ['waiting', 'closed'] as const) {
        expect(happens(name, kind, { dialog: true })).toBe('! entity-not-found');
      }
    }
    expect(happens('closed', 'clientSaid', { dialog: true })).toBe('! dialog-ended');
  });

  it('i: who takes a session while away has as long as everybody to come back', () => {
    const away: FloorEvent = { is: 'take', to: { ...ann, away: true }, by: 'named' };
    expect(becomes(states.help, away, facts())).toMatchObject({ id: 8, awaySince: NOW, wish });
  });

  it('I4, j: only the party speaks where a person answers; overseers join it', () => {
    expect(happens('person', 'operatorSaid', { party: [7, 8] })).toBe('=');
    const oversees: FloorEvent = { is: 'operatorSaid', by: ann, oversees: true };
    expect(render(states.person, advance(states.person, oversees, facts({ party: [7] })))).toBe('= join(8)');
    const own: FloorEvent = { is: 'operatorSaid', by: { ...ann, id: 7 }, oversees: false };
    expect(render(states.person, advance(states.person, own, facts({ party: [] })))).toBe('=');
  });

  it('the same person, bot or wish again is nothing', () => {
    const again: FloorEvent = { is: 'take', to: { ...ann, id: 7 }, by: 'named' };
    expect(render(states.person, advance(states.person, again, facts()))).toBe('=');
    const bot: FloorEvent = { is: 'toBot', bot: { id: 'b', name: 'Bot' }, again: false, question };
    expect(render(states.waiting, advance(states.waiting, bot, facts()))).toBe('=');
    expect(render(states.waiting, advance(states.waiting, { ...bot, again: true }, facts()))).toBe(
      'waiting b named begin(b) turn(start)',
    );
    const same: FloorEvent = { is: 'rewish', priority: wish.priority };
    expect(render(states.help, advance(states.help, same, facts()))).toBe('=');
    expect(happens('waiting', 'add', { party: [7, 8] })).toBe('=');
  });

  it('k: who does not take part cannot be taken out', () => {
    const names = ['waiting', 'placing', 'queue', 'help'] as const;
    for (const name of names) expect(happens(name, 'remove', { party: [] })).toBe('! operator-not-in-session');
    const other: FloorEvent = { is: 'remove', person: 9, question };
    expect(render(states.person, advance(states.person, other, facts({ party: [7] })))).toBe(
      '! operator-not-in-session',
    );
  });

  it("l: whoever answered is followed by the chat's script, then by the party, then by routing", () => {
    const reload = { id: 'r', name: 'Again' };
    expect(happens('person', 'remove', { reload, standIn: ann })).toBe(
      'waiting r handBack part(7) begin(r) turn(start)',
    );
    expect(happens('person', 'remove', { standIn: ann })).toBe('person 8 passedOn part(7) join(8)');
    expect(happens('person', 'remove')).toBe('placing part(7)');
  });

  it('who comes back in time keeps the session', () => {
    const away = becomes<PersonFloor>(states.person, events.away(null), facts());
    expect(away.awaySince).toBe(NOW);
    expect(render(away, advance(away, events.away(null), facts({ now: NOW + 1 })))).toBe('=');
    expect(becomes<PersonFloor>(away, events.back(null), facts()).awaySince).toBeNull();
  });

  it('a client who leaves a closed session is no failure', () => {
    const left: FloorEvent = { is: 'aside', what: 'left' };
    for (const name of names) expect(render(states[name], advance(states[name], left, inState(name)))).toBe('=');
  });

  it('first words wait for a message where they do not wait for somebody to join', () => {
    const silent = { ...states.silent, phase: { is: 'silent', until: 'message', at: null, nodeId: 'n' } } as BotFloor;
    expect(render(silent, advance(silent, events.clientJoined(null), facts()))).toBe('=');
    expect(render(silent, advance(silent, events.botDue(null), facts()))).toBe('=');
    expect(advance(silent, events.clientSaid(null), facts())).toMatchObject({
      commands: [{ do: 'turn', input: { kind: 'start', nodeId: 'n', message } }],
    });
    expect(happens('silent', 'botDue', { now: 80_000 })).toBe('=');
  });
});
