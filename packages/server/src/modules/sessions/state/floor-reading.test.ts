import { wireDate } from '@molva/contract';
import { describe, expect, it } from 'vitest';
import { states, wish, type StateName } from '../../../testing/floor/floors.ts';
import { documented, type Documented } from './floor-view.ts';
import { readFloor, storedPhase, type FloorRow, type StoredPhase } from './floor-reading.ts';
import { LOOK_MS, type BotFloor, type Floor } from './floor.ts';

const NOW = 100_000;
const names = Object.keys(states) as StateName[];
const input = { kind: 'start' } as const;

const botColumns: Documented = {
  status: 'ACTIVE',
  closedAt: null,
  botStatus: 'WAIT',
  operatorType: 'BOT',
  operatorId: 'b',
  operatorName: 'Bot',
  operatorAssignedAt: 50_000,
  handOver: null,
};
const personColumns: Documented = {
  ...botColumns,
  botStatus: 'OPERATOR',
  operatorType: 'OPERATOR',
  operatorId: '7',
  operatorName: 'Bob',
};
const nobodyColumns: Documented = { ...personColumns, operatorId: '', operatorName: '', operatorAssignedAt: null };
const handed = (notFoundAt: number | null): Documented['handOver'] => ({
  groupId: 'sales',
  announcement: 'VIP',
  at: wireDate(30_000),
  notFoundAt: notFoundAt === null ? null : wireDate(notFoundAt),
});
const started: StoredPhase = { started: true, wake: null };

function row(columns: Documented, phase: StoredPhase | null, over: Partial<FloorRow> = {}): FloorRow {
  return { documented: columns, dialog: false, phase, failed: false, floor: null, ...over };
}

function read(columns: Documented, phase: StoredPhase | null, over: Partial<FloorRow> = {}): Floor {
  return readFloor(row(columns, phase, over), NOW);
}

const bot = (phase: BotFloor['phase'], over: Partial<BotFloor> = {}): Floor => ({
  ...(states.waiting as BotFloor),
  phase,
  ...over,
});

/** What is known of a wish from columns alone. */
const columnWish = { ...wish, else: 'script', from: 'bot' } as const;

/** The row a floor is written as, the floor's own column beside the phase of a bot, as JSON both. */
function write(floor: Floor, columns: Documented, dialog: boolean, failed: boolean): FloorRow {
  const json = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;
  return {
    documented: documented(floor, columns, null, failed),
    dialog,
    phase: floor.at === 'bot' ? json(storedPhase(floor.phase)) : started,
    failed,
    floor: json(floor),
  };
}

describe('a row without a floor', () => {
  it('1: is closed where it has an end; who answered last is who is named', () => {
    const columns = { ...personColumns, status: 'CLOSED', closedAt: 90_000 } as const;
    const last = { type: 'OPERATOR', id: '7', name: 'Bob', since: 50_000 };
    expect(read(columns, started)).toEqual({ at: 'closed', when: 90_000, last, by: 'before' });
    expect(read({ ...columns, status: 'ACTIVE' }, started)).toMatchObject({ at: 'closed' });
  });

  it('2: is a bot that was asked, where it promised or not', () => {
    const asked = [
      { id: 'q1', input, askedAt: 80_000 },
      { id: 'q2', input },
    ];
    const inbox = [
      { id: 'q1', input, askedAt: 80_000 },
      { id: 'q2', input, askedAt: NOW },
    ] as const;
    expect(read(botColumns, { ...started, asked })).toEqual(bot({ is: 'asking', inbox, promised: null }));
    const wake = { kind: 'answer', at: 120_000 } as const;
    expect(read(botColumns, { started: true, wake, asked })).toEqual(bot({ is: 'asking', inbox, promised: 120_000 }));
  });

  it('3: is a dialog whose caller took over', () => {
    expect(read({ ...botColumns, botStatus: 'OPERATOR' }, started, { dialog: true })).toEqual(bot({ is: 'handedOut' }));
  });

  it('4: is a bot in a pause, or one that waits until a deadline', () => {
    const pause = { kind: 'resume', at: 120_000, typing: true } as const;
    expect(read(botColumns, { started: true, wake: pause })).toEqual(
      bot({ is: 'pausing', until: 120_000, typing: true }),
    );
    const timeout = { kind: 'timeout', at: 120_000 } as const;
    expect(read(botColumns, { started: true, wake: timeout })).toEqual(bot({ is: 'waiting', deadline: 120_000 }));
  });

  it('5: is a bot that has not begun', () => {
    expect(read(botColumns, { started: false, wake: null, nodeId: 'n' })).toEqual(
      bot({ is: 'silent', until: 'message', at: null, nodeId: 'n' }),
    );
  });

  it('6: is a bot that waits', () => {
    expect(read(botColumns, started)).toEqual(bot({ is: 'waiting', deadline: null }));
  });

  it('7: is the person named', () => {
    expect(read({ ...personColumns, handOver: handed(null) }, started)).toEqual({
      at: 'person',
      id: 7,
      name: 'Bob',
      since: 50_000,
      awaySince: null,
      wish: columnWish,
      by: 'named',
      why: null,
    });
    expect(read(personColumns, started)).toMatchObject({ at: 'person', wish: null });
  });

  it('8: is the help list where nobody is named', () => {
    expect(read({ ...nobodyColumns, handOver: handed(60_000) }, started)).toEqual({
      at: 'help',
      wish: { ...columnWish, busyTold: true },
      since: 60_000,
      lookAt: 60_000 + LOOK_MS,
      why: 'nobody',
    });
    expect(read({ ...nobodyColumns, handOver: handed(null) }, started)).toMatchObject({ at: 'help', since: NOW });
  });
});

describe('what occurs and means nothing of its own', () => {
  it('a: closed while a bot waited', () => {
    expect(read({ ...botColumns, status: 'CLOSED', closedAt: 90_000 }, started)).toMatchObject({
      at: 'closed',
      last: { type: 'BOT', id: 'b' },
    });
  });

  it('b: closed while nobody answered', () => {
    const columns = { ...nobodyColumns, status: 'CLOSED', closedAt: 90_000 } as const;
    expect(read(columns, started)).toMatchObject({ at: 'closed', last: null });
  });

  it('c: a bot that went on where nobody was there keeps the wish, of which the client was told', () => {
    expect(read({ ...botColumns, handOver: handed(60_000) }, started)).toEqual(
      bot({ is: 'waiting', deadline: null }, { wish: { ...columnWish, busyTold: true } }),
    );
  });

  it('d: a bot elsewhere that is told of nobody is asked, whatever its status says', () => {
    const columns = { ...botColumns, botStatus: 'OPERATOR', handOver: handed(60_000) } as const;
    expect(read(columns, { ...started, asked: [{ id: 'q1', input }] })).toMatchObject({ phase: { is: 'asking' } });
  });

  it('e: a question comes before the pause of a bot that was a webhook', () => {
    const wake = { kind: 'resume', at: 120_000, typing: true } as const;
    expect(read(botColumns, { started: true, wake, asked: [{ id: 'q1', input }] })).toMatchObject({
      phase: { is: 'asking', promised: null },
    });
  });

  it('f: a person who is away for days has the session until somebody looks', () => {
    expect(read({ ...personColumns, operatorAssignedAt: 1 }, started)).toMatchObject({ at: 'person', since: 1 });
  });

  it('g: a session past its life is what it is', () => {
    expect(readFloor(row(botColumns, started), NOW * 10_000)).toMatchObject({ at: 'bot' });
  });
});

describe('what the columns could say and nobody writes', () => {
  it('a promise without a question is no promise', () => {
    expect(read(botColumns, { started: true, wake: { kind: 'answer', at: 120_000 } })).toEqual(
      bot({ is: 'waiting', deadline: null }),
    );
  });

  it('what a bot was asked or waits for is nothing where people answer', () => {
    const wake = { kind: 'resume', at: 120_000, typing: true } as const;
    const phase = { started: true, wake, asked: [{ id: 'q1', input }] };
    expect(read(personColumns, phase)).toMatchObject({ at: 'person' });
    expect(read(nobodyColumns, phase)).toMatchObject({ at: 'help' });
  });

  it('nobody without a wish is a wish for anybody', () => {
    expect(read(nobodyColumns, started)).toMatchObject({
      at: 'help',
      since: NOW,
      wish: { group: null, since: NOW, busyTold: true },
    });
  });

  it.each(['STOP', 'ERROR', 'OPERATOR'] as const)(
    'an open bot with %s waits, as does one without memory',
    (botStatus) => {
      expect(read({ ...botColumns, botStatus }, started)).toEqual(bot({ is: 'waiting', deadline: null }));
      expect(read({ ...botColumns, botStatus }, null)).toEqual(bot({ is: 'waiting', deadline: null }));
    },
  );

  it('a deadline comes before what was not begun', () => {
    expect(read(botColumns, { started: false, wake: { kind: 'timeout', at: 120_000 } })).toEqual(
      bot({ is: 'waiting', deadline: 120_000 }),
    );
  });

  it('an end without an instant is now', () => {
    expect(read({ ...botColumns, status: 'CLOSED' }, started)).toMatchObject({ at: 'closed', when: NOW });
  });
});

describe('I14: what is written is read', () => {
  it.each(names)('%s', (name) => {
    for (const failed of [false, true]) {
      const written = write(states[name], botColumns, name === 'handedOut', failed);
      expect(readFloor(written, NOW)).toEqual(states[name]);
    }
  });

  it('what others wrote beside it counts', () => {
    const written = write(states.person, botColumns, false, false);
    const taken = { ...written, documented: { ...written.documented, operatorId: '8', operatorName: 'Ann' } };
    expect(readFloor(taken, NOW)).toMatchObject({ at: 'person', id: 8, by: 'named' });
    const closed = { ...written, documented: { ...written.documented, status: 'CLOSED', closedAt: 90_000 } as const };
    expect(readFloor(closed, NOW)).toMatchObject({ at: 'closed', by: 'before' });
  });

  it("a bot's phase is what its memory says, which others write as well", () => {
    const wake = { kind: 'timeout', at: 120_000 } as const;
    const written = { ...write(states.pausing, botColumns, false, false), phase: { started: true, wake } };
    expect(readFloor(written, NOW)).toEqual(bot({ is: 'waiting', deadline: 120_000 }));
  });
});

describe('the documented fields', () => {
  const view = (name: StateName, before = botColumns, was: Floor | null = null, failed = false): Documented =>
    documented(states[name], before, was, failed);

  it('of a bot name it, with the status of whether it waits for the client', () => {
    for (const name of ['silent', 'waiting', 'pausing', 'asking'] as const) expect(view(name)).toEqual(botColumns);
    expect(view('handedOut')).toEqual({ ...botColumns, botStatus: 'OPERATOR' });
  });

  it('go on naming who answered while routing decides, and nobody in queue and help list', () => {
    expect(view('placing', personColumns)).toEqual({ ...personColumns, handOver: handed(null) });
    expect(view('placing', botColumns)).toMatchObject({ operatorType: 'BOT', operatorId: 'b', botStatus: 'OPERATOR' });
    expect(view('queue', personColumns)).toEqual({ ...nobodyColumns, handOver: handed(null) });
    expect(view('help', personColumns)).toEqual({ ...nobodyColumns, handOver: handed(50_000) });
    expect(view('person')).toEqual({ ...personColumns, handOver: handed(null) });
  });

  it('tell of a bot that failed for as long as people go on', () => {
    for (const name of ['placing', 'queue', 'help', 'person'] as const) {
      expect(view(name, botColumns, null, true).botStatus).toBe('ERROR');
    }
  });

  it('of an end are who answered last; a bot that answered has stopped', () => {
    const end = { status: 'CLOSED', closedAt: 50_000 } as const;
    expect(view('closed', botColumns, states.waiting)).toEqual({ ...botColumns, ...end, botStatus: 'STOP' });
    expect(view('closed', botColumns, states.waiting, true)).toMatchObject({ botStatus: 'ERROR' });
    expect(view('closed', personColumns, states.person)).toEqual({ ...personColumns, ...end });
    expect(view('closed', nobodyColumns, states.help)).toEqual({ ...nobodyColumns, ...end });
  });
});
