import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { demoBots } from '../demo/index.ts';
import { compileExpression, type Scalar } from './expression.ts';
import { checkScenario, initialState, step, type BotState, type CompiledScenario, type Turn } from './index.ts';
import { compileBranch } from './match.ts';

const NOON = Date.UTC(2026, 10, 24, 12);
const context = {
  now: NOON,
  random: () => 0,
  clientTimezone: 180,
  dialogId: 'dialog',
  phone: '+7',
  previousBotId: null,
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
    expect(turn).toMatchObject({ status: 'OPERATOR', handOver: { groupId: null, announcement: 'From Ann' } });
    expect(step(scenario, turn.state, { kind: 'operatorNotFound' }, context)).toMatchObject({
      status: 'STOP',
      outputs: [{ body: 'Bye', type: 'TERMINAL' }],
    });
    const bare = compile({ a: { type: 'operator' } });
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
    const scenario = compile({ a: { type: 'jump', to: 'b' }, b: { type: 'jump', to: 'a' } }, { maxCycleCount: 10 });
    expect(play(scenario, []).turn.status).toBe('ERROR');
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
});

describe('what cannot go wrong', () => {
  const id = fc.constantFrom('a', 'b', 'c', 'd');
  const block = fc.oneof(
    fc.record({ type: fc.constant('message'), text: fc.string(), next: id }),
    fc.record({
      type: fc.constant('question'),
      text: fc.string(),
      default: id,
      branches: fc.array(fc.record({ keywords: fc.array(fc.string({ minLength: 1 }), { minLength: 1 }), next: id })),
    }),
    fc.record({ type: fc.constant('jump'), to: id }),
    fc.record({ type: fc.constant('pause'), seconds: fc.constant(1), next: id }),
    fc.record({ type: fc.constant('random'), branches: fc.array(fc.record({ next: id }), { minLength: 1 }) }),
    fc.record({ type: fc.constant('set'), values: fc.constant({ x: 'number(x) + 1' }), next: id }),
    fc.record({ type: fc.constant('operator'), notFound: id }),
    fc.record({ type: fc.constant('end'), text: fc.string() }),
  );
  const input = fc.oneof(
    fc.record({ kind: fc.constant('message' as const), message: fc.record({ text: fc.string() }) }),
    fc.record({ kind: fc.constantFrom('resume' as const, 'timeout' as const, 'operatorNotFound' as const) }),
  );

  it('no checked scenario and no input makes a step throw; steps repeat exactly, over JSON too', () => {
    fc.assert(
      fc.property(
        fc.record({ a: block, b: block, c: block, d: block }),
        fc.array(input, { maxLength: 20 }),
        (blocks, inputs) => {
          const check = checkScenario({
            version: 1,
            language: 'en',
            start: 'start',
            blocks: { start: { type: 'start', next: 'a' }, ...blocks },
          });
          if (!check.ok) return;
          let state: BotState = initialState({});
          for (const event of [{ kind: 'start' } as const, ...inputs]) {
            const turn = step(check.scenario, state, event, context);
            expect(step(check.scenario, JSON.parse(JSON.stringify(state)) as BotState, event, context)).toEqual(turn);
            state = turn.state;
          }
        },
      ),
    );
  });

  it('no text makes an expression do anything but compute or be refused', () => {
    fc.assert(
      fc.property(fc.string(), (source) => {
        let compute: ((lookup: (name: string) => Scalar) => Scalar) | undefined;
        try {
          compute = compileExpression(source);
        } catch (error) {
          expect(error).toBeInstanceOf(Error);
        }
        expect(['string', 'number', 'boolean', 'object']).toContain(typeof (compute?.(() => null) ?? null));
      }),
    );
  });

  it('no pattern runs away', () => {
    const matches = compileBranch({ pattern: '^(a+)+$', next: 'a' });
    expect(matches(`${'a'.repeat(4000)}!`)).toBe(false);
  });
});
