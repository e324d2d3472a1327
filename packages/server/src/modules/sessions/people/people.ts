import { Failure, notFound } from '../../../platform/failure.ts';
import { isUuid } from '../../../platform/ids.ts';
import type { Caller } from '../../../platform/route.ts';
import { canAnswer } from '../../iam/index.ts';
import { acceptOnce, type Accepted } from '../answering/accepted.ts';
import { readReplyTo, type IncomingMessage } from '../answering/client-message.ts';
import { namedPerson } from '../answering/facts.ts';
import type { FloorEvent } from '../answering/floor/events.ts';
import { happen } from '../answering/happen.ts';
import type { StepRunner } from '../answering/step-runner.ts';
import type { TurnWaiter } from '../answering/turn-waiter.ts';
import { checkContent } from '../state/message-content.ts';
import type { OperatorRecord } from '../state/operator-port.ts';
import type { HotSession } from '../state/session.ts';
import { NEWEST } from '../state/steps.ts';
import type { SessionStore } from '../state/store.ts';

type User = NonNullable<Caller['user']>;

/**
 * Roles that may speak in any session of their company without being one of those who answer in it. API is none: every
 * key may have it, and it says what calls, not what its user may do.
 */
const OVERSEERS: readonly string[] = ['ADMIN', 'SUPERVISOR'];

/** What people do in sessions: take, pass on, answer, end. */
export class People {
  readonly #runner: StepRunner;
  readonly #store: SessionStore;
  readonly #waiter: TurnWaiter;

  constructor(runner: StepRunner, store: SessionStore, waiter: TurnWaiter) {
    this.#runner = runner;
    this.#store = store;
    this.#waiter = waiter;
  }

  /** Gives the session to an operator, or to a bot named by its UUID. */
  async switchTo(session: HotSession, operatorId: string, by: User): Promise<void> {
    if (isUuid(operatorId)) return this.#switchToBot(session, operatorId);
    const operator = await this.#operator(session.companyId, Number(operatorId));
    const took = operator.id === by.id && canAnswer(by.roles) ? 'took' : 'named';
    await this.#happen(session, { is: 'take', to: namedPerson(operator), by: took });
  }

  /** Lets an operator take part; a session that waits for somebody is given to him. */
  async add(session: HotSession, operatorId: string): Promise<void> {
    const operator = await this.#operator(session.companyId, Number(operatorId));
    await this.#happen(session, { is: 'add', person: namedPerson(operator) });
  }

  /**
   * Takes an operator out. Where it is who answered, the chat's script for it goes on, else somebody who takes part,
   * else whom routing finds.
   */
  async remove(session: HotSession, operatorId: string): Promise<void> {
    const person = Number(operatorId);
    if ((await this.#runner.ports.operators.find(session.companyId, person)) === undefined) throw notFound();
    await this.#happen(session, { is: 'remove', person, question: this.#id() });
    await this.#waiter.placed(session.id);
  }

  /** Has routing give the session to a member of a group; nobody there: it waits in the help list. */
  async switchToGroup(session: HotSession, groupId: string): Promise<void> {
    const { operators } = this.#runner.ports;
    const group = await operators.group(session.companyId, groupId);
    if (group === undefined) throw notFound();
    await this.#happen(session, { is: 'toGroup', group: group.id, note: null });
    await this.#waiter.placed(session.id);
  }

  /** Ends the session with a result; the chat may let a script follow the people's part. */
  async close(session: HotSession, result: string | undefined): Promise<void> {
    await this.#runner.run(session.id, async (draft, setting) => {
      if (draft.session.floor.at === 'closed') return;
      if (result !== undefined) draft.set({ operatorResult: result });
      await happen(draft, setting, { is: 'close', question: this.#id() });
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
    await this.#runner.run(session.id, async (draft, setting) => {
      if (draft.session.markedAsSpam === markedAsSpam) return;
      draft.set({ markedAsSpam });
      draft.notify('SESSION_SPAM', { sessionId: session.id, markedAsSpam });
      if (markedAsSpam) await happen(draft, setting, { is: 'end', by: 'spam' });
    });
  }

  /** Shows the client that the operator types. */
  async typing(session: HotSession): Promise<void> {
    await this.#runner.run(session.id, async (draft, setting) => {
      await happen(draft, setting, { is: 'aside', what: 'work' });
      draft.showTyping('OPERATOR');
    });
  }

  /** An operator's message. Whoever answers where a bot or nobody did takes the session over. */
  async say(session: HotSession, user: User, incoming: IncomingMessage): Promise<Accepted> {
    checkContent(incoming.body, incoming.attachments, 'body');
    // A key without a role that answers is no operator, whoever it acts as.
    if (!canAnswer(user.roles)) throw new Failure('not-an-operator');
    const operator = await this.#operator(session.companyId, user.id);
    const replyTo = await readReplyTo(this.#store, session.id, incoming.replyToMessageId);
    const oversees = user.roles.some((role) => OVERSEERS.includes(role));
    const authorId = String(operator.id);
    return acceptOnce(this.#store, { sessionId: session.id, author: 'OPERATOR', authorId, key: incoming.key }, () =>
      this.#runner.runSurely(session.id, async (draft, setting) => {
        const before = draft.session;
        await happen(draft, setting, { is: 'operatorSaid', by: namedPerson(operator), oversees });
        const { floor } = draft.session;
        const answers = floor.at === 'person' && floor.id === operator.id;
        const takesPart = before.operators.some(({ id, type }) => type === 'OPERATOR' && id === operator.id);
        return draft.addMessage({
          id: setting.ids.uuid7(),
          authorType: 'OPERATOR',
          authorId,
          authorName: operator.name,
          body: incoming.body,
          attachments: incoming.attachments,
          replyTo,
          clientMessageId: incoming.key,
          aside: !answers && (oversees || !takesPart),
          ...(operator.avatar === null ? {} : { avatar: operator.avatar }),
        });
      }),
    );
  }

  async #switchToBot(session: HotSession, botId: string): Promise<void> {
    const bot = await this.#runner.ports.bots.ready(botId, session.companyId);
    if (bot === undefined) throw notFound();
    const named = { id: bot.id, name: bot.name };
    await this.#happen(session, { is: 'toBot', bot: named, again: false, question: this.#id() });
  }

  /** People mean the session as it is, on whichever node it was moved: that there is nothing to do as well. */
  async #happen(session: HotSession, event: FloorEvent): Promise<void> {
    await this.#runner.run(session.id, (draft, setting) => happen(draft, setting, event), { atLeast: NEWEST });
  }

  async #operator(companyId: number, id: number): Promise<OperatorRecord> {
    const operator = await this.#runner.ports.operators.find(companyId, id);
    if (operator === undefined) throw notFound();
    if (!operator.canAnswer) throw new Failure('not-an-operator');
    return operator;
  }

  #id(): string {
    return this.#runner.ports.ids.uuid7();
  }
}
