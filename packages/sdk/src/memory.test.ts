import { expect, it } from 'vitest';
import { Memory } from './memory.ts';

const nextTurn = () => new Promise<void>((resolve) => void setImmediate(resolve));

it('what was kept last is what is stored, however long each write takes', async () => {
  const stored: string[] = [];
  const waiting: (() => void)[] = [];
  const storage = {
    get: () => null,
    set: async (_key: string, value: string) => {
      await new Promise<void>((resolve) => void waiting.push(resolve));
      stored.push(value);
    },
    remove: () => undefined,
  };
  const memory = new Memory(storage, 'http://127.0.0.1', 'chat');
  await memory.load();
  for (const clientId of ['first', 'second', 'third']) memory.keep({ clientId });
  while (waiting.length > 0) {
    waiting.pop()?.();
    await nextTurn();
  }
  expect(stored.at(-1)).toBe('{"clientId":"third"}');
});

it('what is kept before the reading is done takes nothing away from what was stored', async () => {
  let stored = '{"sessionId":"s","clientId":"old"}';
  const storage = { get: async () => stored, set: (_key: string, value: string) => void (stored = value), remove() {} };
  const memory = new Memory(storage, 'http://127.0.0.1', 'chat');
  memory.keep({ clientId: 'new' });
  await memory.load();
  memory.keep({ sessionToken: 't' });
  expect(JSON.parse(stored)).toEqual({ sessionId: 's', clientId: 'new', sessionToken: 't' });
});
