import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Clock } from '../environment.ts';
import { MolvaError } from '../errors.ts';
import { Outbox, type OutgoingMessage } from './outbox.ts';

/** A clock whose timers fire at once, one turn of the loop later. */
const eager: Clock = {
  now: () => 0,
  setTimeout(callback) {
    const handle = setImmediate(callback);
    return { cancel: () => clearImmediate(handle) };
  },
};
const unreachable = new MolvaError({ kind: 'unreachable', message: '', remedy: '' });
const refused = new MolvaError({ kind: 'refused', message: '', remedy: '', status: 400 });

function message(key: number): OutgoingMessage {
  return { clientMessageId: String(key), body: `body ${key}`, attachments: [], replyToMessageId: null, createdAt: '' };
}

it('B1, B2, B3: whatever fails, messages are answered once each, in order, one at a time', async () => {
  const fates = fc.array(
    fc
      .array(fc.constantFrom('lost', 'lostAfter'), { maxLength: 3 })
      .chain((tries) => fc.constantFrom('accepted', 'refused').map((end) => [...tries, end])),
    { minLength: 1, maxLength: 12 },
  );
  await fc.assert(
    fc.asyncProperty(fates, async (plan) => {
      const arrived: string[] = [];
      const ended: string[] = [];
      let underWay = 0;
      const attempts = new Map<string, number>();
      const { promise, resolve } = Promise.withResolvers<void>();
      const outbox = new Outbox<string>({
        clock: eager,
        random: () => 0,
        changed: () => undefined,
        settled: ({ clientMessageId }, outcome) => {
          ended.push(`${clientMessageId} ${'answer' in outcome ? 'accepted' : 'refused'}`);
          if (ended.length === plan.length) resolve();
        },
        async post({ clientMessageId: key }) {
          expect(++underWay).toBe(1);
          await new Promise((next) => setImmediate(next));
          underWay--;
          const attempt = attempts.get(key) ?? 0;
          attempts.set(key, attempt + 1);
          const fate = plan[Number(key)]?.[attempt];
          if (fate !== 'lost' && fate !== 'refused' && !arrived.includes(key)) arrived.push(key);
          if (fate === 'refused') throw refused;
          if (fate !== 'accepted') throw unreachable;
          return key;
        },
      });
      outbox.open();
      outbox.add(...plan.map((_, index) => message(index)));
      await promise;
      expect(ended).toEqual(plan.map((fate, index) => `${index} ${fate.at(-1)}`));
      expect(arrived).toEqual([...arrived].sort((a, b) => Number(a) - Number(b)));
      expect(outbox.left).toEqual([]);
    }),
    { numRuns: 50 },
  );
});
