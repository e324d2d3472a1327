import { EventName, wireDate, type Attachment } from '@molva/contract';
import { Failure, notFound } from '../../../platform/failure.ts';
import type { Caller } from '../../../platform/route.ts';
import { canAnswer } from '../../iam/index.ts';
import { checkContent } from '../state/message-content.ts';
import { saidMessage } from '../state/created-event.ts';
import type { Draft } from '../state/draft.ts';
import { packedExtras, unpackedExtras } from '../state/message-extras.ts';
import type { Steps } from '../state/steps.ts';
import type { MessageRow } from '../state/message-row.ts';
import type { SessionStore } from '../state/store.ts';

type User = NonNullable<Caller['user']>;

const MAY_EDIT_OTHERS: readonly string[] = ['ADMIN', 'SUPERVISOR'];

/** What happens to messages after they were said: they are read, edited, taken back. */
export class Corrections {
  readonly #steps: Steps;
  readonly #store: SessionStore;

  constructor(steps: Steps, store: SessionStore) {
    this.#steps = steps;
    this.#store = store;
  }

  /** Marks a message as read, by the other side of whoever wrote it. The first reading stays. */
  async read(messageId: string, sessionId: string, byUser: boolean): Promise<void> {
    await this.#steps.run(sessionId, async (draft) => {
      const row = await this.#store.message(sessionId, messageId);
      const fromClient = row?.author_type === 'CLIENT';
      if (row === undefined || (fromClient && !byUser)) throw notFound();
      if (row.read_at !== null) return;
      draft.change = { kind: 'read', id: messageId };
      if (fromClient) {
        draft.set({ unread: Math.max(0, draft.session.unread - 1) });
        draft.addEvent(EventName.chatMessageRead, { messageId });
      } else draft.notify('MESSAGE_READ', { messageId, sessionId });
    });
  }

  /** Changes the text, and where they are given the files, of what an operator said. */
  async edit(messageId: string, user: User, body: string, files: readonly Attachment[] | undefined): Promise<void> {
    await this.#correct(messageId, user, (draft, row) => {
      const { answers, keyboard, attachments, actions } = unpackedExtras(row.extras);
      checkContent(body, files ?? attachments, 'body');
      const kept = packedExtras({ answers, keyboard, actions, attachments: files ?? attachments });
      draft.change = { kind: 'edit', id: messageId, body, extras: kept, said: saidMessage(row) };
      draft.addEvent(EventName.chatMessageEdited, { id: messageId, body, updatedAt: wireDate(draft.now) });
    });
  }

  /** Takes back what an operator said: its text is gone from the lists and from the log. */
  async delete(messageId: string, user: User): Promise<void> {
    await this.#correct(messageId, user, (draft, row) => {
      draft.change = { kind: 'delete', id: messageId, eventSeq: row.event_seq };
      draft.addEvent(EventName.chatMessageDeleted, { id: messageId });
    });
  }

  async #correct(messageId: string, user: User, change: (draft: Draft, row: MessageRow) => void): Promise<void> {
    const sessionId = (await this.#store.messageAnywhere(messageId))?.session_id;
    if (sessionId === undefined) throw notFound();
    await this.#steps.run(sessionId, async (draft) => {
      const { companyId, chatId, floor } = draft.session;
      const row = await this.#store.message(sessionId, messageId);
      if (companyId !== user.companyId || chatId === null || row === undefined) throw notFound();
      const own = row.author_id === String(user.id) && canAnswer(user.roles);
      const others = user.roles.some((role) => MAY_EDIT_OTHERS.includes(role));
      if (row.author_type !== 'OPERATOR' || (!own && !others)) throw new Failure('permission-denied');
      if (floor.at === 'closed') throw new Failure('session-closed');
      change(draft, row);
    });
  }
}
