import type { EventPage } from '@molva/contract';
import { createChat, memoryStorage } from '@molva/sdk';
import { expect, it } from 'vitest';
import { setBack } from '../packages/server/src/testing/set-back.ts';
import { echoBlocks, startTestApp } from '../packages/server/src/testing/test-app.ts';

it('a page whose database has gone back shows what there is, and what comes', async () => {
  await using app = await startTestApp();
  const chat = createChat({ url: app.url, chatId: await app.chat(echoBlocks), storage: memoryStorage() });
  await using _stopping = { [Symbol.asyncDispose]: async () => chat.stop() };
  await chat.start();
  const shown = (): string[] => chat.state.messages.map(({ body }) => body);
  const say = async (body: string): Promise<void> => {
    chat.send(body);
    await expect.poll(shown).toContain(`You said ${body}`);
  };
  await say('kept');
  await expect.poll(() => chat.state.connection).toBe('live');
  const id = chat.state.session?.id ?? '';
  const kept = (await app.call<EventPage>('GET', `/sessions/${id}/events?limit=1000`)).body.items.at(-1)?.eventSeq ?? 0;
  const seq = chat.state.messages.at(-1)?.seq ?? 0;
  const before = shown();
  for (const body of ['lost', 'lost too', 'and this']) await say(body);

  await setBack(app, id, kept, seq);
  chat.send('since');
  await expect.poll(shown).toEqual([...before, 'since', 'You said since', 'More?']);
  await say('later');
});
