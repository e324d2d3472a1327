import { describe, expect, it } from 'vitest';
import { demoBots } from '../demo/index.ts';
import { factLookup } from './facts.ts';
import { checkScenario, initialState, step, systemVariables, type CompiledScenario, type Turn } from './index.ts';

const NOON = Date.UTC(2026, 10, 24, 12);
const context = {
  now: NOON,
  random: () => 0,
  clientTimezone: 180,
  dialogId: 'dialog',
  phone: '+7',
  previousBotId: null,
  facts: factLookup([]),
  fits: () => true,
};

function compile(blocks: Record<string, unknown>, settings = {}): CompiledScenario {
  const check = checkScenario({
    version: 1,
    language: 'en',
    start: 'start',
    blocks: { start: { type: 'start', next: 'a' }, ...blocks },
    settings,
  });
  if (!check.ok) throw new Error(JSON.stringify(check.problems));
  return check.scenario;
}

/** Plays a dialog: what is said turn by turn. A number lets a pause or a time-out pass. */
function play(
  scenario: CompiledScenario,
  inputs: readonly string[],
  given: Record<string, unknown> = {},
): { said: string[][]; turn: Turn } {
  let turn = step(scenario, initialState(given), { kind: 'start' }, context);
  const said = [turn.outputs.map(({ body }) => body)];
  for (const input of inputs) {
    const event =
      input === 'resume' || input === 'timeout'
        ? ({ kind: input } as const)
        : ({ kind: 'message', message: { text: input } } as const);
    turn = step(scenario, turn.state, event, context);
    said.push(turn.outputs.map(({ body }) => body));
  }
  return { said, turn };
}

describe('the demo bot', () => {
  const scenarios = demoBots.map(({ language, scenario }) => {
    const check = checkScenario(scenario);
    return [language, check.ok ? check.scenario : undefined] as const;
  });

  it('uses every kind of block', () => {
    for (const [, scenario] of scenarios) {
      const types = new Set([...(scenario?.blocks.values() ?? [])].map(({ type }) => type));
      expect([...types].sort()).toEqual([
        'condition',
        'end',
        'jump',
        'message',
        'operator',
        'pause',
        'question',
        'random',
        'result',
        'set',
        'start',
      ]);
    }
  });

  it.each([
    [
      'en',
      [
        'resume',
        'How does shipping work?',
        'where is order 1001',
        'status',
        'none',
        '1003',
        'When are you open',
        'bye',
      ],
    ],
    [
      'ru',
      [
        'resume',
        'Как у вас с доставкой?',
        'где заказ 1001',
        'Статус заказа',
        'не помню',
        '1003',
        'Часы работы',
        'Спасибо',
      ],
    ],
  ])('serves a customer in %s', (language, inputs) => {
    const scenario = scenarios.find(([name]) => name === language)?.[1];
    if (scenario === undefined) throw new Error('no scenario');
    const { said, turn } = play(scenario, inputs);
    expect(said).toMatchSnapshot();
    expect([turn.status, turn.outputs.at(-1)?.type]).toEqual(['STOP', 'TERMINAL']);
  });
});

describe('blocks', () => {
  it('a question captures, branches by keyword, pattern and exact text, asks again without a default', () => {
    const scenario = compile({
      a: {
        type: 'question',
        text: 'Well?',
        variable: 'said',
        branches: [
          { keywords: ['deliver*'], next: 'k' },
          { pattern: '^\\d{4}$', next: 'p' },
          { exact: ['Yes, please'], next: 'x' },
        ],
      },
      k: { type: 'message', text: 'keyword {said}', next: 'a' },
      p: { type: 'message', text: 'pattern {said}', next: 'a' },
      x: { type: 'message', text: 'exact {said}', next: 'a' },
    });
    const { said } = play(scenario, ['When do you DELIVER it?', '1234', 'yes,  please', 'other']);
    expect(said.slice(1)).toEqual([
      ['keyword When do you DELIVER it?', 'Well?'],
      ['pattern 1234', 'Well?'],
      ['exact yes,  please', 'Well?'],
      ['Well?'],
    ]);
  });

  it('keywords and exact texts hear what people type, however their keyboard writes it', () => {
    const branches = [
      { keywords: ['café', 'Straße', 'ёлка'], next: 'k' },
      { exact: ['İstanbul', 'Łódź'], next: 'x' },
    ];
    const scenario = compile({
      a: { type: 'question', text: 'Well?', branches },
      k: { type: 'message', text: 'keyword', next: 'a' },
      x: { type: 'message', text: 'exact', next: 'a' },
    });
    const words = ['a CAFE there', 'cafe\u0301!', 'in der STRASSE', 'елка', 'е\u0308лка', 'istanbul', 'lodz'];
    const heard = play(scenario, words).said.slice(1);
    expect(heard.map(([first]) => first)).toEqual([...words.slice(0, 5).map(() => 'keyword'), 'exact', 'exact']);
    expect(play(scenario, ['cafeteria', 'istanbul airport']).said.slice(1)).toEqual([['Well?'], ['Well?']]);
  });

  it('set, condition and result compute; texts show variables and system variables', () => {
    const scenario = compile({
      a: { type: 'set', values: { total: 'price * 2 + 1', greeting: '"Hi " + upper(name)' }, next: 'b' },
      b: { type: 'condition', branches: [{ when: 'total > 20 and localHour == 15', next: 'c' }], default: 'd' },
      c: { type: 'result', values: { sum: 'total' }, next: 'd' },
      d: {
        type: 'question',
        text: '{greeting}: {total} {unknown}{{x}} {now} {today} {localTime} {phone} {dialogId} {системные.сейчас} {system.today}',
      },
    });
    const { said, turn } = play(scenario, [], { price: 10, name: 'ann' });
    expect(said[0]).toEqual([
      'Hi ANN: 21 {x} 2026-11-24 12:00:00 2026-11-24 15:00 +7 dialog 2026-11-24 12:00:00 2026-11-24',
    ]);
    expect(turn.state.results).toEqual({ sum: 21 });
  });

  it('a pause ends by itself or when the client writes, who is then heard', () => {
    const scenario = compile({
      a: { type: 'pause', seconds: 2, next: 'b' },
      b: { type: 'question', text: 'Well?', branches: [{ keywords: ['yes'], next: 'c' }], default: 'b' },
      c: { type: 'end' },
    });
    expect(play(scenario, []).turn).toMatchObject({ pause: { ms: 2000, typing: true }, status: 'WAIT' });
    expect(play(scenario, ['resume']).said[1]).toEqual(['Well?']);
    expect(play(scenario, ['yes']).turn.status).toBe('STOP');
    expect(play(scenario, ['something']).said[1]).toEqual(['Well?']);
  });

  it('an operator block hands over, and goes on where nobody is there, or ends', () => {
    const scenario = compile({
      a: { type: 'operator', announcement: 'From {name}', notFound: 'b' },
      b: { type: 'end', text: 'Bye' },
    });
    const { turn } = play(scenario, [], { name: 'Ann' });
    expect(turn).toMatchObject({ status: 'OPERATOR' });
    expect(turn.handOver).toEqual({ groupId: null, announcement: 'From Ann', fallback: true });
    expect(step(scenario, turn.state, { kind: 'operatorNotFound' }, context)).toMatchObject({
      status: 'STOP',
      outputs: [{ body: 'Bye', type: 'TERMINAL' }],
    });
    const bare = compile({ a: { type: 'operator' } });
    expect(play(bare, []).turn.handOver?.fallback).toBe(false);
    expect(step(bare, play(bare, []).turn.state, { kind: 'operatorNotFound' }, context).status).toBe('STOP');
  });

  it('random draws by weight, a time-out takes its branch, an end without words marks the last message', () => {
    const scenario = compile({
      a: {
        type: 'random',
        branches: [
          { weight: 1, next: 'b' },
          { weight: 3, next: 'c' },
        ],
      },
      b: { type: 'question', text: 'one', timeout: { seconds: 5, next: 'd' } },
      c: { type: 'jump', to: 'b' },
      d: { type: 'message', text: 'last', next: 'e' },
      e: { type: 'end' },
    });
    const { turn } = play(scenario, ['timeout']);
    expect(turn.outputs).toMatchObject([{ body: 'last', type: 'TERMINAL' }]);
    expect(play(scenario, []).turn.deadline).toBe(5000);
  });

  it('an endless loop ends as an error after maxCycleCount blocks', () => {
    const branches = [{ when: 'on', next: 'a' }];
    const blocks = { a: { type: 'condition', branches: [{ when: 'on', next: 'b' }], default: 'c' } };
    const rest = { b: { type: 'condition', branches, default: 'c' }, c: { type: 'end' } };
    const scenario = compile({ ...blocks, ...rest }, { maxCycleCount: 10 });
    const { turn } = play(scenario, [], { on: true });
    expect([turn.status, turn.path.slice(-3)]).toEqual(['ERROR', ['a', 'b', 'a']]);
  });

  it('the text of the dialog is kept only where it is used', () => {
    const uses = compile({
      a: { type: 'question', text: 'Well?', default: 'b' },
      b: { type: 'end', text: '{dialog}' },
    });
    expect(play(uses, ['hello']).said[1]).toEqual(['< Well?\n> hello\n']);
    expect(play(compile({ a: { type: 'question', text: 'x' } }), ['hello']).turn.state.dialog).toBe('');
  });
});

describe('a turn', () => {
  it('tells the blocks it went through, in order and as often', () => {
    const scenario = compile({
      a: { type: 'message', text: 'hello', next: 'b' },
      b: { type: 'question', text: 'Well?', branches: [{ exact: ['again'], next: 'a' }], default: 'c' },
      c: { type: 'end', text: 'bye' },
    });
    expect(play(scenario, []).turn.path).toEqual(['start', 'a', 'b']);
    expect(play(scenario, ['again']).turn.path).toEqual(['a', 'b']);
    expect(play(scenario, ['other']).turn.path).toEqual(['c']);
  });

  it('knows the bot before, and all variables of the system by their names of today', () => {
    const scenario = compile({ a: { type: 'question', text: '{previousBotId} {system.previous}' } });
    const after = { ...context, previousBotId: 'before' };
    expect(step(scenario, initialState({}), { kind: 'start' }, after).outputs[0]?.body).toBe('before before');
    expect(systemVariables({ ...after, dialog: '> hi\n' })).toEqual({
      now: '2026-11-24 12:00:00',
      today: '2026-11-24',
      time: '12:00:00',
      phone: '+7',
      previousBotId: 'before',
      dialogId: 'dialog',
      dialog: '> hi\n',
      localNow: '2026-11-24 15:00:00',
      localToday: '2026-11-24',
      localTime: '15:00',
      localHour: 15,
      localWeekday: 2,
    });
  });

  it('goes on where the scenario it began with was changed', () => {
    const before = play(compile({ a: { type: 'question', text: 'Well?' } }), []).turn;
    const bye = { type: 'end', text: 'bye' };
    const without = { a: { type: 'message', text: 'other', next: 'b' }, b: bye };
    const message = { kind: 'message', message: { text: 'hi' } } as const;
    expect(step(compile(without), before.state, message, context).outputs.map(({ body }) => body)).toEqual([
      'other',
      'bye',
    ]);
    const gone = { ...before.state, at: 'gone' };
    expect(step(compile({ a: bye }), gone, message, context)).toMatchObject({ status: 'ERROR', path: [] });
    const saved = compile({ a: bye }, { defaultNodeId: 'a' });
    expect(step(saved, gone, message, context)).toMatchObject({ status: 'STOP', path: ['a'] });
  });
});

describe('the settings', () => {
  const patient = { maxRepeatCount: 2, defaultNodeId: 'lost', clientTimeout: 60 };
  const blocks = {
    a: { type: 'question', text: 'A number?', branches: [{ pattern: '^\\d+$', next: 'b' }] },
    b: { type: 'question', text: 'Another?', branches: [{ pattern: '^\\d+$', next: 'a' }] },
    lost: { type: 'operator' },
  };

  it('maxRepeatCount sends whoever is not understood so often to the default block; an answer begins anew', () => {
    const scenario = compile(blocks, patient);
    expect(play(scenario, ['x', 'x']).said.slice(1)).toEqual([['A number?'], ['A number?']]);
    expect(play(scenario, ['x', 'x', 'x']).turn).toMatchObject({ status: 'OPERATOR', path: ['lost'] });
    const { said, turn } = play(scenario, ['x', 'x', '1', 'x', 'x', '2']);
    expect([said.at(-1), turn.state.repeats]).toEqual([['A number?'], undefined]);
    const endless = compile({ a: { type: 'question', text: 'A number?', branches: blocks.a.branches }, b: blocks.b });
    expect(
      play(
        endless,
        Array.from({ length: 50 }, () => 'x'),
      ).said.at(-1),
    ).toEqual(['A number?']);
  });

  it('clientTimeout is how long a question waits that says nothing itself, and leads to the default block or the end', () => {
    const scenario = compile(blocks, patient);
    expect(play(scenario, []).turn.deadline).toBe(60_000);
    expect(play(scenario, ['timeout']).turn).toMatchObject({ status: 'OPERATOR', path: ['lost'] });
    const own = { type: 'question', text: 'Well?', timeout: { seconds: 5, next: 'b' } };
    const ends = compile({ a: own, b: { type: 'question', text: 'Still there?' } }, { clientTimeout: 60 });
    expect(play(ends, []).turn.deadline).toBe(5000);
    expect(play(ends, ['timeout']).turn).toMatchObject({ deadline: 60_000, status: 'WAIT' });
    expect(play(ends, ['timeout', 'timeout']).turn).toMatchObject({ status: 'STOP', outputs: [], state: { at: null } });
  });

  it.each([
    [{ defaultNodeId: 'nowhere' }, 'settings.defaultNodeId'],
    [{ maxRepeatCount: 1 }, 'settings.maxRepeatCount'],
    [{ clientTimeout: 0 }, 'settings.clientTimeout'],
    [{ patience: 1 }, 'settings.patience'],
  ])('are checked: %o', (settings, field) => {
    const simple = { start: { type: 'start', next: 'a' }, a: { type: 'end' } };
    const check = checkScenario({ version: 1, language: 'en', start: 'start', blocks: simple, settings });
    expect(check.ok ? [] : check.problems.map((problem) => problem.field)).toEqual([field]);
  });
});

describe(checkScenario, () => {
  const problems = (blocks: Record<string, unknown>, start = 'start') => {
    const check = checkScenario({ version: 1, language: 'en', start, blocks });
    return check.ok ? [] : check.problems.map(({ block, field }) => `${block} ${field}`);
  };
  const start = { type: 'start', next: 'a' };

  it.each([
    [{ start, a: { type: 'dance' } }, ['a type']],
    [{ start, a: { type: 'message', next: 'start' } }, ['a text']],
    [{ start, a: { type: 'jump', to: 'nowhere' } }, ['a to']],
    [{ start, a: { type: 'end', txt: 'typo' } }, ['a txt']],
    [{ start, a: { type: 'start', next: 'start' } }, ['a type']],
    [{ start, a: { type: 'end' }, b: { type: 'end' } }, ['b ']],
    [{ start, a: { type: 'question', text: 'x', branches: [{ pattern: '(', next: 'start' }] } }, ['a branches.0']],
    [{ start, a: { type: 'question', text: 'x', branches: [{ keywords: ['*'], next: 'start' }] } }, ['a branches.0']],
    [{ start, a: { type: 'question', text: 'x', branches: [{ next: 'start' }] } }, ['a branches.0']],
    [{ start, a: { type: 'question', text: 'x', variable: 'now' } }, ['a variable']],
    [{ start, a: { type: 'set', values: { x: 'foo(1)' }, next: 'start' } }, ['a values.x']],
    [
      { start, a: { type: 'condition', branches: [{ when: '1 +', next: 'start' }], default: 'start' } },
      ['a branches.0.when'],
    ],
    [{ start: { type: 'end' } }, ['null start']],
  ])('names the block and the field: %o', (blocks, expected) => {
    expect(problems(blocks)).toEqual(expected);
  });

  const end = { type: 'end' };
  it.each([
    [{ start, a: { type: 'jump', to: 'a' } }, ['a to', 'start ']],
    [{ start, a: { type: 'jump', to: 'b' }, b: { type: 'message', text: 'x', next: 'a' } }, ['start ', 'a ', 'b ']],
    [{ start, a: { type: 'random', branches: [{ next: 'a' }, { next: 'b' }] }, b: end }, ['a branches.0.next']],
    [{ start, a: { type: 'question', text: 'Dear {name, well?', default: 'b' }, b: end }, ['a text']],
    [{ start, a: { type: 'operator', announcement: 'From {{shop}} {client' } }, ['a announcement']],
  ])('refuses a turn that cannot end and a brace that is not closed: %o', (blocks, expected) => {
    expect(problems(blocks)).toEqual(expected);
    expect(checkScenario({ version: 1, language: 'en', start: 'start', blocks }, true).ok).toBe(true);
  });

  it('lets be what goes round with its client, and braces that are no variables', () => {
    const ask = { type: 'question', text: '{ "a": 1 } }} { x {{name {name}', default: 'a' };
    expect(problems({ start, a: ask })).toEqual([]);
    expect(problems({ start, a: { type: 'question', text: 'x', default: 'b' }, b: { type: 'jump', to: 'a' } })).toEqual(
      [],
    );
  });

  it('advises of names that are nearly others, and of a pause that leads to itself', () => {
    const scenario = compile({
      a: {
        type: 'question',
        text: 'Hello {cleint}, {topic}, {answer2}, {fromOutside}',
        variable: 'client',
        default: 'b',
      },
      b: { type: 'set', values: { answer1: 'lenght + 1', length1: 'clientt' }, next: 'c' },
      c: { type: 'pause', seconds: 1, next: 'c' },
    });
    expect(scenario.advice()).toEqual([
      { block: 'a', field: '', reason: '{cleint} gets no value here: is it {client}?' },
      { block: 'b', field: '', reason: '{clientt} gets no value here: is it {client}?' },
      { block: 'c', field: 'next', reason: expect.stringContaining('leads to itself') as string },
    ]);
    for (const { scenario: demo } of demoBots) {
      const check = checkScenario(demo);
      expect(check.ok ? check.scenario.advice() : check.problems).toEqual([]);
    }
  });
});
