import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Compilation } from './compiler.ts';
import { compileExpression, type Compiled } from './expression.ts';
import { functions } from './functions.ts';
import { checkScenario, factLookup, initialState, step, type BotState, type CompiledScenario } from './index.ts';
import { compileBranch } from './match.ts';
import { Said } from './said.ts';

const id = fc.constantFrom('a', 'b', 'c', 'd', 'e');
const name = fc.constantFrom('x', 'y', 'z', 'now', 'dialog', 'localHour', 'unknown', 'system.now');
const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 20 }),
  fc.constantFrom('{x} {y}', '{dialog}', '{{}}', '😀{z}', ''),
);
const label = fc.string({ minLength: 1, maxLength: 20 });

/** Expressions of the language, with every function in them. */
const language = fc.letrec<{ expression: string; leaf: string }>((tie) => ({
  leaf: fc.oneof(
    name,
    fc.integer({ min: 0, max: 10 ** 9 }).map(String),
    fc.constantFrom('"😀"', "'1e308'", '9'.repeat(309)),
  ),
  expression: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    tie('leaf'),
    fc
      .tuple(tie('expression'), fc.constantFrom('+', '-', '*', '/', '%', '<', '==', ' and ', ' or '), tie('expression'))
      .map(([left, sign, right]) => `(${left}${sign}${right})`),
    fc
      .tuple(fc.constantFrom(...Object.keys(functions)), tie('leaf'), tie('expression'), tie('leaf'))
      .map(([called, ...values]) => `${called}(${values.slice(0, functions[called]?.parameters).join(', ')})`),
    fc.tuple(fc.constantFrom('-', 'not '), tie('leaf')).map(([sign, value]) => `(${sign}${value})`),
  ),
}));
const expression = language.expression.filter(({ length }) => length <= 1024);

const speech = { text, answers: fc.array(label, { maxLength: 2 }) };
const branch = fc.oneof(
  fc.record({ exact: fc.array(label, { minLength: 1, maxLength: 3 }), next: id }),
  fc.record({ keywords: fc.constant(['yes', 'n*']), next: id }),
  fc.record({ pattern: fc.constantFrom('^\\d+$', '(a|a)*$', '.'), next: id }),
);
const values = fc.dictionary(fc.constantFrom('x', 'y', 'z'), expression, { maxKeys: 3 });
const block = fc.oneof(
  fc.record({ type: fc.constant('message'), ...speech, next: id }),
  fc.record(
    {
      type: fc.constant('question'),
      ...speech,
      variable: fc.constantFrom('x', 'y'),
      branches: fc.array(branch, { maxLength: 3 }),
      default: id,
      timeout: fc.record({ seconds: fc.integer({ min: 1, max: 60 }), next: id }),
    },
    { requiredKeys: ['type', 'text', 'answers'] },
  ),
  fc.record({ type: fc.constant('jump'), to: id }),
  fc.record({ type: fc.constant('pause'), seconds: fc.constant(1), next: id }),
  fc.record({ type: fc.constant('random'), branches: fc.array(fc.record({ next: id }), { minLength: 1 }) }),
  fc.record({
    type: fc.constant('condition'),
    branches: fc.array(fc.record({ when: expression, next: id }), { minLength: 1, maxLength: 3 }),
    default: id,
  }),
  fc.record({ type: fc.constantFrom('set', 'result'), values, next: id }),
  fc.record(
    { type: fc.constant('operator'), announcement: text, notFound: id },
    { requiredKeys: ['type', 'announcement'] },
  ),
  fc.record({ type: fc.constant('end'), text }, { requiredKeys: ['type'] }),
);
const settings = fc.oneof(
  fc.record({ maxCycleCount: fc.integer({ min: 1, max: 50 }), clientTimeout: fc.constant(60) }, { requiredKeys: [] }),
  fc.record({ defaultNodeId: id, maxRepeatCount: fc.integer({ min: 1, max: 3 }), clientTimeout: fc.constant(60) }),
);
const message = fc.record({
  text: fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('yes', 'no', '42', 'aaaa')),
});
const input = fc.oneof(
  { arbitrary: fc.record({ kind: fc.constant('message' as const), message }), weight: 3 },
  { arbitrary: fc.record({ kind: fc.constantFrom('resume' as const, 'timeout', 'operatorNotFound') }), weight: 2 },
  { arbitrary: fc.record({ kind: fc.constant('start' as const), message }, { requiredKeys: ['kind'] }), weight: 1 },
);

/** A scenario of any blocks: a draw leads to each, so that none is out of reach. */
const scenario = fc
  .record({ blocks: fc.record({ a: block, b: block, c: block, d: block, e: block }), settings })
  .map((made): CompiledScenario => {
    const hub = { type: 'random', branches: Object.keys(made.blocks).map((next) => ({ next })) };
    const blocks = { start: { type: 'start', next: 'hub' }, hub, ...made.blocks };
    const check = checkScenario({ version: 1, language: 'en', start: 'start', settings: made.settings, blocks }, true);
    if (!check.ok) throw new Error(JSON.stringify(check.problems));
    return check.scenario;
  });

describe('what cannot go wrong', () => {
  it('no checked scenario and no inputs make a turn throw, run away, or leave what JSON cannot keep', () => {
    fc.assert(
      fc.property(
        scenario,
        fc.array(input, { maxLength: 20 }),
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        (...given) => {
          const [compiled, inputs, drawn] = given;
          const context = {
            now: 1_800_000_000_000,
            random: () => drawn,
            clientTimezone: 180,
            dialogId: 'dialog',
            phone: '+7',
            previousBotId: null,
            facts: factLookup([{ context: 'x', name: 'y', value: 'known' }]),
            fits: () => true,
          };
          let state: BotState = initialState({ x: 1.5, y: 'text', z: { of: ['parts'] } });
          for (const event of [{ kind: 'start' } as const, ...inputs]) {
            const turn = step(compiled, state, event, context);
            expect(JSON.parse(JSON.stringify(turn))).toEqual(turn);
            expect(turn.path.length).toBeLessThanOrEqual(compiled.maxCycleCount);
            expect(turn.outputs.every(({ body }) => body.length <= 4096 && body.isWellFormed())).toBe(true);
            expect([turn.pause, turn.deadline, turn.handOver].filter((ending) => ending !== null).length).toBeLessThan(
              2,
            );
            expect(step(compiled, JSON.parse(JSON.stringify(state)) as BotState, event, context)).toEqual(turn);
            state = turn.state;
          }
        },
      ),
      { numRuns: 300 },
    );
  });

  const nothing = { variable: () => null, loadFact: () => null, saveFact: () => null, spend: () => undefined };
  it('no text makes an expression do anything but compute or be refused', () => {
    fc.assert(
      fc.property(fc.string(), (source) => {
        let compute: Compiled | undefined;
        try {
          compute = compileExpression(source);
        } catch (error) {
          expect(error).toBeInstanceOf(Error);
        }
        expect(['string', 'number', 'boolean', 'object']).toContain(typeof (compute?.(nothing) ?? null));
      }),
    );
  });

  it('no text grows for ever by being added to itself', () => {
    const doubled = compileExpression(`${Array.from({ length: 200 }, () => 'x').join('+')}`);
    const scope = { ...nothing, variable: () => 'x'.repeat(60_000) };
    expect(String(doubled(scope)).length).toBe(65_536);
  });

  it('no pattern runs away', () => {
    const matches = compileBranch({ pattern: '^(a+)+$', next: 'a' }, new Compilation(true));
    expect(matches(new Said(`${'a'.repeat(4000)}!`, nothing))).toBe(false);
  });
});
