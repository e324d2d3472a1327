import { expectTypeOf, it } from 'vitest';
import type { Attachment } from '@molva/contract';
import { createChat, type ChatMessage, type ChatState } from './index.ts';

it('the state and the events are typed to the last field', () => {
  expectTypeOf(createChat).parameter(0).toHaveProperty('chatId').toEqualTypeOf<string>();
  expectTypeOf<ChatState['messages']>().toEqualTypeOf<readonly ChatMessage[]>();
  expectTypeOf<ChatMessage['delivery']>().toEqualTypeOf<'pending' | 'sent' | 'failed'>();
  expectTypeOf<ChatMessage['attachments'][number]>().toEqualTypeOf<Attachment>();
  const chat = createChat({ url: 'http://localhost', chatId: 'chat' });
  chat.on('typing', (author) => expectTypeOf(author).toEqualTypeOf<'BOT' | 'OPERATOR' | null>());
  chat.on('closed', (closed) => expectTypeOf(closed.ratingRequired).toEqualTypeOf<boolean>());
  // @ts-expect-error an event that does not exist
  chat.on('nothing', () => undefined);
});
