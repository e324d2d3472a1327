import { Failure, notFound } from '../../../platform/failure.ts';
import type { Caller } from '../../../platform/route.ts';
import { checkContent, isUuid, readReplyTo, refuseClosed, type IncomingMessage } from '../answering/client-message.ts';
import type { Draft } from '../state/draft.ts';
import { answers, assign, handToBot, join, part, takesPart } from '../answering/hand-over.ts';
import { goneAt, type OperatorRecord } from '../state/operator-port.ts';
import { Repeats, type Accepted } from '../answering/repeats.ts';
import type { HotSession } from '../state/session.ts';
import type { StepRunner } from '../answering/step-runner.ts';
import type { SessionStore } from '../state/store.ts';
import { endOrFollow, handOver, sameWish, takeTurn, type StepSetting } from '../answering/turns.ts';

type User = NonNullable<Caller['user']>;

/** What people do in sessions: take, pass on, answer, end. */
export class People {
  readonly #runner: StepRunner;
  readonly #store: SessionStore;
  readonly #repeats: Repeats;

  constructor(runner: StepRunner, store: SessionStore) {
    this.#runner = runner;
    this.#store = store;
    this.#repeats = new Repeats(store);
  }

  /** Gives the session to an operator, or to a bot named by its UUID. */
  async switchTo(session: HotSession, operatorId: string): Promise<void> {
    if (isUuid(operatorId)) return this.#switchToBot(session, operatorId);
    const operator = await this.#operator(session.companyId, Number(operatorId));
    await this.#runner.run(session.id, async (draft, setting) => {
      refuseClosed(draft);
      if (!answers(draft.session, operator)) await assign(draft, operator, setting);
    });
  }

  /** Lets an operator take part; a session that waits for somebody is given to him. */
  async add(session: HotSession, operatorId: string): Promise<void> {
    const operator = await this.#operator(session.companyId, Number(operatorId));
    await this.#runner.run(session.id, async (draft, setting) => {
      refuseClosed(draft);
      if (draft.session.operatorId === '') await assign(draft, operator, setting);
      else if (!takesPart(draft.session, operator.id)) join(draft, operator);
    });
  }

  /**
   * Takes an operator out. Where it is who answered, the chat's script for it goes on, else somebody who takes part,
   * else the least loaded of the group.
   */
  async remove(session: HotSession, operatorId: string): Promise<void> {
    const id = Number(operatorId);
    if ((await this.#runner.ports.operators.find(session.companyId, id)) === undefined) throw notFound();
    await this.#runner.run(session.id, async (draft, setting) => {
      refuseClosed(draft);
      if (!takesPart(draft.session, id)) throw new Failure('operator-not-in-session');
      const answered = draft.session.operatorId === operatorId;
      part(draft, id);
      if (answered) await this.#passOn(draft, setting, id);
    });
  }

  /** Gives the session to the least loaded member of a group who is online; nobody: it waits in the help list. */
  async switchToGroup(session: HotSession, groupId: string): Promise<void> {
    const { operators } = this.#runner.ports;
    if ((await operators.group(session.companyId, groupId)) === undefined) throw notFound();
    await this.#runner.run(session.id, async (draft, setting) => {
      refuseClosed(draft);
      await handOver(draft, setting, { groupId, announcement: null, fallback: false });
    });
  }

  /** Passes the live sessions of an operator that is gone on to others; it keeps the rest where it comes back. */
  async gone(companyId: number, operatorId: number): Promise<void> {
    for (const id of await this.#store.liveOfOperator(companyId, String(operatorId))) {
      await this.#runner.run(id, async (draft, setting) => {
        const end = goneAt(await setting.operators.find(companyId, operatorId));
        if (end === null || end > draft.now) return;
        const { status, operatorType, operatorId: current, handOver: before } = draft.session;
        if (status === 'CLOSED' || operatorType !== 'OPERATOR' || current !== String(operatorId)) return;
        await handOver(draft, setting, sameWish(before), undefined, [operatorId]);
      });
    }
  }

  /** An operator is there again. Nothing notes yet that it was away. */
  async back(): Promise<void> {}

  /** An operator went away, and may be back in a minute: until then its sessions wait for it. */
  async away(): Promise<void> {}

  /** Ends the session with a result; the chat may let a script follow the people's part. */
  async close(session: HotSession, result: string | undefined): Promise<void> {
    await this.#runner.run(session.id, async (draft, setting) => {
      if (draft.session.status === 'CLOSED') return;
      if (result !== undefined) draft.set({ operatorResult: result });
      if (draft.session.operatorType === 'OPERATOR') await endOrFollow(draft, setting, 'operatorEnded');
      else draft.close(setting.chat.settings.sessionRatingRequired);
    });
  }

  /** Gives the session another name. */
  async rename(session: HotSession, name: string): Promise<void> {
    await this.#runner.run(session.id, (draft) => {
      if (draft.session.name !== name) draft.set({ name });
    });
  }

  /** Marks the session as spam, which closes it, or takes the mark back. */
  async markSpam(session: HotSession, markedAsSpam: boolean): Promise<void> {
    await this.#runner.run(session.id, (draft) => {
      if (draft.session.markedAsSpam === markedAsSpam) return;
      draft.set({ markedAsSpam });
      draft.notify('SESSION_SPAM', { sessionId: session.id, markedAsSpam });
      if (markedAsSpam) draft.close(false);
    });
  }

  /** Shows the client that the operator types. */
  async typing(session: HotSession): Promise<void> {
    await this.#runner.run(session.id, (draft) => {
      refuseClosed(draft);
      draft.showTyping('OPERATOR');
    });
  }

  /** An operator's message. Whoever answers where a bot or nobody did takes the session over. */
  async say(session: HotSession, user: User, incoming: IncomingMessage): Promise<Accepted> {
    checkContent(incoming.body, incoming.attachments, 'body');
    const operator = await this.#operator(session.companyId, user.id);
    const replyTo = await readReplyTo(this.#store, session.id, incoming.replyToMessageId);
    return this.#repeats.answer(session.id, 'OPERATOR', incoming.key, () =>
      this.#runner.run(session.id, async (draft, setting) => {
        if (draft.session.status === 'CLOSED') await this.#repeats.refuseClosed(session.id, incoming.key);
        refuseClosed(draft);
        const { operatorType, operatorId } = draft.session;
        if (operatorType === 'BOT' || operatorId === '') await assign(draft, operator, setting);
        else if (!takesPart(draft.session, operator.id)) join(draft, operator);
        return draft.addMessage({
          id: setting.ids.uuid7(),
          authorType: 'OPERATOR',
          authorId: String(operator.id),
          authorName: operator.name,
          body: incoming.body,
          attachments: incoming.attachments,
          replyTo,
          clientMessageId: incoming.key,
          ...(operator.avatar === null ? {} : { avatar: operator.avatar }),
        });
      }),
    );
  }

  async #switchToBot(session: HotSession, botId: string): Promise<void> {
    const bot = await this.#runner.ports.bots.ready(botId, session.companyId);
    if (bot === undefined) throw notFound();
    await this.#runner.run(session.id, async (draft, setting) => {
      refuseClosed(draft);
      if (draft.session.operatorType === 'BOT' && draft.session.botId === bot.id) return;
      await handToBot(draft, bot, setting.operators);
      await takeTurn(draft, { ...setting, bot }, { kind: 'start' });
    });
  }

  /** The session goes on without who answered in it. */
  async #passOn(draft: Draft, setting: StepSetting, left: number): Promise<void> {
    const { companyId, operators: members, handOver: before } = draft.session;
    const { sessionReloadBotId } = setting.chat.settings;
    const bot = sessionReloadBotId === null ? undefined : await setting.bots.ready(sessionReloadBotId, companyId);
    if (bot !== undefined) {
      await handToBot(draft, bot, setting.operators);
      await takeTurn(draft, { ...setting, bot }, { kind: 'start' });
      return;
    }
    const other = members.findLast(({ type }) => type === 'OPERATOR')?.id ?? null;
    const operator = other === null ? undefined : await setting.operators.find(companyId, other);
    if (operator?.canAnswer === true) await assign(draft, operator, setting);
    else {
      await handOver(draft, setting, sameWish(before), undefined, [left]);
    }
  }

  async #operator(companyId: number, id: number): Promise<OperatorRecord> {
    const operator = await this.#runner.ports.operators.find(companyId, id);
    if (operator === undefined) throw notFound();
    if (!operator.canAnswer) throw new Failure('not-an-operator');
    return operator;
  }
}
