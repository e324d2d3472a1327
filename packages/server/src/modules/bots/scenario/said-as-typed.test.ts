import { expect, it } from 'vitest';
import { factLookup } from './facts.ts';
import { checkScenario, initialState, step } from './index.ts';

const context = {
  now: Date.UTC(2026, 10, 24, 12),
  random: () => 0,
  clientTimezone: 0,
  dialogId: 'dialog',
  phone: '+10000000000',
  previousBotId: null,
  facts: factLookup([]),
  fits: () => true,
};

/** Repeats what it is told: from the variable, from a copy, joined, and beside names that JavaScript's objects have. */
const blocks = {
  start: { type: 'start', next: 'ask' },
  ask: { type: 'question', text: 'Name?', variable: 'name', default: 'set' },
  set: { type: 'set', values: { copy: 'name', joined: "name + '!'" }, next: 'say' },
  say: {
    type: 'question',
    text: '{name}|{copy}|{joined}|{toString}|{hasOwnProperty}',
    variable: 'name',
    default: 'set',
  },
};

it.each([
  'He said "hi" and \'bye\'',
  'two\nlines\r\nand\ttabs',
  '{phone} {secret} {{name}} {system.now}',
  String.raw`\ \n \u0041 %s %d $1 $& ${'$'}{name}`,
  '<b>x</b>&amp;<script>alert(1)</script>',
  "'); drop table messages; --",
  'null',
  '[]',
  '{"__proto__":{"polluted":true}}',
])('what a visitor types is data, whatever it looks like: %j', (text) => {
  const check = checkScenario({ version: 1, language: 'en', start: 'start', blocks, settings: {} });
  if (!check.ok) throw new Error(JSON.stringify(check.problems));
  const given = JSON.parse('{"__proto__":{"polluted":true},"secret":"hidden"}') as Record<string, unknown>;
  const begun = step(check.scenario, initialState(given), { kind: 'start' }, context);
  const { outputs } = step(check.scenario, begun.state, { kind: 'message', message: { text } }, context);
  expect(outputs.map(({ body }) => body)).toEqual([`${text}|${text}|${text}!||`]);
  expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
});
