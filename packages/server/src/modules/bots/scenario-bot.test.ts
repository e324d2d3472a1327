import { describe, expect, it } from 'vitest';
import { systemIds } from '../../platform/ids.ts';
import { FakeClock } from '../../testing/fake-clock.ts';
import type { FactWrite, HotSession } from '../sessions/index.ts';
import { ScenarioBot } from './scenario-bot.ts';
import { checkScenario } from './scenario/index.ts';
import { SlowLane } from './slow-lane.ts';

const session = {
  id: 'session',
  companyId: 1,
  clientId: 'client',
  options: { clientPhone: '+7', previousBotId: 'before' },
  bot: null,
} as unknown as HotSession;

function bot(blocks: Record<string, unknown>, known: readonly FactWrite[] = []) {
  const start = { type: 'start', next: 'a' };
  const check = checkScenario({ version: 1, language: 'en', start: 'start', blocks: { start, ...blocks } });
  if (!check.ok) throw new Error(JSON.stringify(check.problems));
  const asked: unknown[] = [];
  const made = new ScenarioBot({
    id: 'bot',
    companyId: 1,
    name: 'Bot',
    scenario: check.scenario,
    ids: systemIds(() => 0),
    publicUrl: 'https://chat.example',
    facts: async (...whose) => {
      asked.push(whose);
      return known;
    },
    lane: new SlowLane(new FakeClock(0)),
  });
  return { bot: made, asked };
}

const empty = { clientMetadata: {}, variables: {} };
const loads = {
  a: { type: 'question', text: '{x}', default: 'b' },
  b: { type: 'set', values: { x: "fact.load('c', 'n')" }, next: 'a' },
};

describe('a scenario bot', () => {
  it('reads what it keeps of the client only if its scenario does; facts of the same step win', async () => {
    const silent = bot({ a: { type: 'end' } });
    await silent.bot.turn(session, silent.bot.begin(empty), { kind: 'start' }, 0);
    expect(silent.asked).toEqual([]);
    const fact = { context: 'c', name: 'n', value: 'known' };
    const reads = bot(loads, [fact]);
    const { state } = await reads.bot.turn(session, reads.bot.begin(empty), { kind: 'start' }, 0);
    const message = { kind: 'message', message: { id: 'm', text: 'hi', attachments: [] } } as const;
    expect((await reads.bot.turn(session, state, message, 0)).messages[0]?.body).toBe('known');
    const unsaved = [{ ...fact, value: 'newer' }];
    expect((await reads.bot.turn(session, state, message, 0, unsaved)).messages[0]?.body).toBe('newer');
    expect(reads.asked[0]).toEqual([1, 'bot', 'client']);
  });

  it('begins at its start where something else answered before, and hears what was said', async () => {
    const { bot: begun } = bot({
      a: { type: 'message', text: 'Hello, {name}', next: 'b' },
      b: { type: 'question', text: 'Well?', branches: [{ exact: ['bye'], next: 'c' }] },
      c: { type: 'end', text: 'Bye' },
    });
    const foreign = { variables: { name: 'Ann', left: { a: 1 } }, results: {} };
    const message = { kind: 'message', message: { id: 'm', text: 'bye', attachments: [] } } as const;
    const turn = await begun.turn(session, foreign, message, 0);
    expect(turn.messages.map(({ body }) => body)).toEqual(['Hello, Ann', 'Bye']);
    expect(turn.state.variables).toEqual({ name: 'Ann', left: '{"a":1}' });
    expect((await begun.turn(session, foreign, { kind: 'timeout' }, 0)).path).toEqual(['start', 'a', 'b']);
  });

  it('shows files by address, also of this server, and knows the system variables of its session', async () => {
    const file = { name: 'price', url: '/price.pdf', contentType: 'application/pdf' };
    const { bot: shows } = bot({ a: { type: 'question', text: '{previousBotId}', attachments: [file] } });
    const turn = await shows.turn(session, shows.begin(empty), { kind: 'start' }, 0);
    expect(turn.messages[0]).toMatchObject({
      body: 'before',
      attachments: [{ url: 'https://chat.example/price.pdf', size: 0, extension: '', baseName: 'price' }],
    });
    const there = { ...session, bot: { state: { ...turn.state, dialog: '< hi' }, started: true, wake: null } };
    expect(shows.systemVariables(there as HotSession, 0)).toMatchObject({
      dialogId: 'session',
      phone: '+7',
      previousBotId: 'before',
      dialog: '< hi',
      now: '1970-01-01 00:00:00',
    });
  });
});
