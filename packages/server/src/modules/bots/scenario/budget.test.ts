import { expect, it } from 'vitest';
import { MOST_BYTES, MOST_MESSAGES } from './budget.ts';
import { checkScenario, factLookup, initialState, step, type CompiledScenario, type Turn } from './index.ts';

const context = {
  now: 0,
  random: () => 0,
  clientTimezone: null,
  dialogId: 'dialog',
  phone: null,
  previousBotId: null,
  facts: factLookup([]),
  fits: () => true,
};

function compile(blocks: Record<string, unknown>, settings: object = { maxCycleCount: 1000 }): CompiledScenario {
  const whole = { start: { type: 'start', next: 'a' }, ...blocks };
  const check = checkScenario({ version: 1, language: 'en', start: 'start', blocks: whole, settings }, true);
  if (!check.ok) throw new Error(JSON.stringify(check.problems));
  return check.scenario;
}

/** A first turn with a text that was said before it. */
function begin(scenario: CompiledScenario, said = '', given: Record<string, unknown> = {}): Turn {
  return step(scenario, initialState(given), { kind: 'start', message: { text: said } }, context);
}

it('a turn that sets thousands of values ends in time, with what it set so far', () => {
  const values = Object.fromEntries(Array.from({ length: 1000 }, (_, index) => [`v${index}`, `${index} + 1`]));
  const blocks = { a: { type: 'set', values, next: 'b' }, b: { type: 'jump', to: 'a' } };
  const turn = begin(compile(blocks));
  expect(turn).toMatchObject({ status: 'ERROR', overrun: 'work' });
  expect(turn.state.variables).toMatchObject({ v0: 1, v999: 1000 });
  // Twenty times round is what an author may do.
  const twenty = {
    ...blocks,
    b: { type: 'condition', branches: [{ when: 'v0 == 0', next: 'a' }], default: 'end' },
    end: { type: 'end' },
  };
  expect(begin(compile(twenty))).toMatchObject({ status: 'STOP', overrun: null });
});

it('a turn that talks and talks ends at a number of messages, and at their bytes', () => {
  const talking = compile({ a: { type: 'message', text: 'And', next: 'b' }, b: { type: 'jump', to: 'a' } });
  const many = begin(talking);
  expect(many).toMatchObject({ status: 'ERROR', overrun: 'messages' });
  expect(many.outputs).toHaveLength(MOST_MESSAGES);

  const actions = Array.from({ length: 10 }, () => ({ type: 'x', data: 'y'.repeat(4096) }));
  const large = begin(
    compile({ a: { type: 'message', text: 'And', actions, next: 'b' }, b: { type: 'jump', to: 'a' } }),
  );
  expect(large.overrun).toBe('bytes');
  expect(JSON.stringify(large.outputs).length).toBeLessThan(MOST_BYTES * 1.1);
  expect(large.outputs.length).toBeGreaterThan(4);
});

it('a turn that saves large facts ends at their bytes', () => {
  const values = Object.fromEntries(
    Array.from({ length: 50 }, (_, index) => [`v${index}`, `fact.save('c', 'n${index}', big)`]),
  );
  const turn = begin(compile({ a: { type: 'set', values, next: 'b' }, b: { type: 'end' } }), '', {
    big: 'b'.repeat(60_000),
  });
  expect(turn.overrun).toBe('bytes');
  expect(turn.facts.length).toBeLessThan(5);
});

it('a hundred branches of wide classes end the turn, and no text of a usual bot does', () => {
  const wide = Array.from({ length: 100 }, (_, index) => ({ pattern: `\\p{L}{1,20}x${index}y!`, next: 'a' }));
  const blocks = {
    a: { type: 'question', text: '?', default: 'a', branches: wide.slice(0, 60) },
    b: { type: 'question', text: '?', default: 'a', branches: wide.slice(60) },
  };
  const scenario = compile({ ...blocks, a: { ...blocks.a, default: 'b' } });
  expect(begin(scenario, 'я'.repeat(4096))).toMatchObject({ status: 'ERROR', overrun: 'work' });
  expect(begin(scenario, 'Where is my order?')).toMatchObject({ status: 'WAIT', overrun: null });

  const words = Array.from({ length: 100 }, (_, index) => ({
    keywords: [`word${index}`, `deliver${index}*`],
    next: 'a',
  }));
  const usual = compile({
    a: { type: 'question', text: '?', branches: [...words, { pattern: '^\\d{4}$', next: 'a' }].slice(1) },
  });
  expect(begin(usual, 'no such word '.repeat(300))).toMatchObject({ status: 'WAIT', overrun: null });
});

it('expressions on long texts pay for them', () => {
  const sum = Array.from({ length: 100 }, () => 'contains(big, big)').join(' or ');
  const values = { one: sum.slice(0, 1000).replace(/ or [^)]*$/, '') };
  const turn = begin(compile({ a: { type: 'set', values, next: 'b' }, b: { type: 'end' } }), '', {
    big: 'b'.repeat(60_000),
  });
  expect(turn.overrun).toBe('work');
});

it('a text names a long variable a thousand times and is cut for the price of what is said', () => {
  const text = '{big}'.repeat(800);
  const announcing = compile({ a: { type: 'message', text, next: 'b' }, b: { type: 'operator', announcement: text } });
  const turn = begin(announcing, '', { big: 'b'.repeat(60_000) });
  expect([turn.overrun, turn.outputs[0]?.body.length, turn.handOver?.announcement?.length]).toEqual([null, 4096, 4096]);
});

it('what a session has no room for is as it was before the turn', () => {
  const scenario = compile({ a: { type: 'set', values: { x: "'new'" }, next: 'b' }, b: { type: 'end', text: 'Bye' } });
  const small = { ...context, fits: (before: object, after: object) => before === after };
  const turn = step(
    scenario,
    initialState({ x: 'old' }),
    { kind: 'start' },
    { ...small, fits: (before, after) => after.variables === before.variables },
  );
  expect(turn).toMatchObject({ status: 'ERROR', overrun: 'data', state: { variables: { x: 'old' } } });
  expect(turn.outputs).toHaveLength(1);
});

it('a turn leaves what it does not change the very same, so that it is not written again', () => {
  const state = initialState({ x: 'same' });
  const scenario = compile({ a: { type: 'set', values: { x: "'same'" }, next: 'b' }, b: { type: 'end' } });
  const turn = step(scenario, state, { kind: 'start' }, context);
  expect(turn.state.variables).toBe(state.variables);
  expect(turn.state.results).toBe(state.results);
});

it('a scenario whose patterns are too large is refused, and the branch is named', () => {
  const check = (patterns: string[]) =>
    checkScenario({
      version: 1,
      language: 'en',
      start: 'start',
      blocks: {
        start: { type: 'start', next: 'a' },
        a: { type: 'question', text: '?', branches: patterns.map((pattern) => ({ pattern, next: 'a' })) },
      },
    });
  expect(check(['yes', '\\pL{1000}'.repeat(50)])).toMatchObject({
    ok: false,
    problems: [
      { block: 'a', field: 'branches.1', reason: expect.stringContaining('times as large as one may be') as string },
    ],
  });
  const together = check(Array.from({ length: 50 }, () => '[\\pL\\pN]{1,300}'));
  expect(together).toMatchObject({ ok: false });
  expect(together.ok ? null : together.problems[0]).toMatchObject({
    block: 'a',
    reason: expect.stringContaining('together') as string,
  });
});
