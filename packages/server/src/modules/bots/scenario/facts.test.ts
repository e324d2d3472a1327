import { describe, expect, it } from 'vitest';
import { checkScenario, factLookup, initialState, step, type CompiledScenario, type FactWrite } from './index.ts';

const context = {
  now: 0,
  random: () => 0,
  clientTimezone: null,
  dialogId: 'dialog',
  phone: null,
  previousBotId: null,
};

function compile(blocks: Record<string, unknown>): CompiledScenario {
  const start = { type: 'start', next: 'a' };
  const check = checkScenario({ version: 1, language: 'en', start: 'start', blocks: { start, ...blocks } });
  if (!check.ok) throw new Error(JSON.stringify(check.problems));
  return check.scenario;
}

/** Computes values one after another; answers them and what is to be kept. */
function compute(values: Record<string, string>, known: readonly FactWrite[] = []) {
  const scenario = compile({ a: { type: 'set', values, next: 'b' }, b: { type: 'question', text: 'Well?' } });
  const { state, facts } = step(
    scenario,
    initialState({}),
    { kind: 'start' },
    { ...context, facts: factLookup(known), fits: () => true },
  );
  return { values: state.variables, facts };
}

describe('facts', () => {
  it('are loaded as they are kept; what is not kept is null', () => {
    const known = [
      { context: 'orders', name: 'last', value: 4711 },
      { context: 'orders', name: 'vip', value: true },
      { context: 'or', name: 'derslast', value: 'other' },
    ];
    const values = {
      last: "fact.load('orders', 'last') + 1",
      vip: "fact.load('orders','vip')",
      no: "fact.load('x','y')",
    };
    expect(compute(values, known)).toEqual({ values: { last: 4712, vip: true, no: null }, facts: [] });
  });

  it('that a turn saves are seen by its later blocks, and collected with the last value of each', () => {
    const { values, facts } = compute(
      {
        seen: "fact.load('visits', 'count')",
        saved: "fact.save('visits', 'count', number(seen) + 1)",
        again: "fact.save('visits', 'count', fact.load('visits', 'count') * 10)",
        other: "fact.save('visits', 'name', 'Ann')",
        loaded: "fact.load('visits', 'count')",
      },
      [{ context: 'visits', name: 'count', value: 4 }],
    );
    expect(values).toEqual({ seen: 4, saved: 5, again: 50, other: 'Ann', loaded: 50 });
    expect(facts).toEqual([
      { context: 'visits', name: 'count', value: 50 },
      { context: 'visits', name: 'name', value: 'Ann' },
    ]);
  });

  it('are kept under names and with values that can be stored, or not at all', () => {
    const zero = '\0';
    const { values, facts } = compute({
      no: "fact.save('', 'name', 1)",
      long: `fact.save('context', '${'x'.repeat(256)}', 1)`,
      number: 'fact.save(1, 2, null)',
      zero: `fact.save('con${zero}text', 'name', 'a${zero}b')`,
      found: "fact.load('context', 'name')",
    });
    expect(values).toEqual({ no: null, long: null, number: null, zero: 'ab', found: 'ab' });
    expect(facts).toEqual([
      { context: '1', name: '2', value: null },
      { context: 'context', name: 'name', value: 'ab' },
    ]);
  });

  it('are at most a hundred a turn', () => {
    const scenario = compile({
      a: { type: 'set', values: { i: 'number(i) + 1', kept: "exists(fact.save('many', i, 1))" }, next: 'b' },
      b: { type: 'condition', branches: [{ when: 'kept', next: 'a' }], default: 'c' },
      c: { type: 'end' },
    });
    const large = { ...scenario, maxCycleCount: 1000 };
    const { facts, state } = step(
      large,
      initialState({}),
      { kind: 'start' },
      { ...context, facts: factLookup([]), fits: () => true },
    );
    expect([facts.length, state.variables['i']]).toEqual([100, 101]);
  });

  it('are wanted before a turn only by a scenario that loads some', () => {
    const end = { type: 'end' };
    const saves = compile({ a: { type: 'set', values: { x: "fact.save('a', 'b', 1)" }, next: 'b' }, b: end });
    const loads = compile({
      a: { type: 'condition', branches: [{ when: "fact.load('a', 'b')", next: 'b' }], default: 'b' },
      b: end,
    });
    expect([saves.loadsFacts, loads.loadsFacts]).toEqual([false, true]);
  });

  it('on the right of "and" and "or" are saved only where the left side leaves it open', () => {
    const { facts } = compute({
      a: "false and fact.save('x', 'and', 1)",
      b: "true or fact.save('x', 'or', 1)",
      c: "true and fact.save('x', 'both', 1)",
    });
    expect(facts.map(({ name }) => name)).toEqual(['both']);
  });
});
