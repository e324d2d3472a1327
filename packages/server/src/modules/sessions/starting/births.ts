import type { Queryable } from '../../../platform/database.ts';
import { badField } from '../../../platform/failure.ts';
import { keepClient, LookAgain, type FoundClient } from '../../clients/index.ts';
import { begin } from '../answering/birth.ts';
import { acceptMessage, beginWithMessage } from '../answering/client-message.ts';
import { speakFirst } from '../answering/first-words.ts';
import type { StepSetting } from '../answering/setting.ts';
import type { Draft } from '../state/draft.ts';
import { shownProof } from '../state/session-proof.ts';
import { withFiles } from './files-of.ts';
import { newSession } from './new-session.ts';
import { clientOf, verifies, type StartRequest } from './request.ts';
import type { StartPorts } from './start.ts';
import type { StartAnswers, StartOutcome, Told } from './start-answers.ts';
import { askedWith, makerOf } from './start-key.ts';
import type { LiveSession, StartStore } from './start-store.ts';

/** How starts begin sessions that are not there yet. */
export class Births {
  readonly #ports: StartPorts;
  readonly #starts: StartStore;
  readonly #answers: StartAnswers;

  constructor(ports: StartPorts, starts: StartStore, answers: StartAnswers) {
    this.#ports = ports;
    this.#starts = starts;
    this.#answers = answers;
  }

  /**
   * Begins a session for a client that was found, once nothing can refuse it. Throws `LookAgain`, and nothing is written,
   * where the client is no longer as it was found, or somebody began for it what a continue would go on with.
   * @param theirs live sessions of the client that were looked at
   */
  async begin(asked: StartRequest, found: FoundClient, theirs: readonly LiveSession[]): Promise<StartOutcome> {
    const { clock, runner } = this.#ports;
    const { bots, ids } = runner.ports;
    const { body, chat } = asked;
    const bot = await bots.ready(body.botId ?? chat.botId, chat.companyId);
    if (bot === undefined) throw badField('botId', 'there is no such bot');
    if (body.botNodeId !== undefined && !bot.hasNode(body.botNodeId)) {
      throw badField('botNodeId', 'the bot has no such block');
    }
    if (asked.incoming?.replyToMessageId !== undefined) {
      throw badField('replyToMessageId', 'a new session has no messages to reply to');
    }
    const request = await withFiles(this.#ports.files, asked, null);
    const fresh = newSession({ id: ids.uuid4(), client: found.row, bot, now: clock.now() }, request, this.#ports.vault);
    const origin = {
      knownClient: found.known !== null,
      channel: body.channel ?? (body.messengerType === undefined ? 'API' : 'MESSENGER'),
      messengerType: body.messengerType ?? null,
      referer: body.referer ?? null,
    };
    const { first } = await begin(this.#ports, {
      fresh,
      origin,
      callBack: request.later,
      first: (draft, setting) => firstStep(draft, setting, request),
      client: (connection) => this.#hold(connection, request, found, theirs),
      startKey: ({ messageId = null }) => startKeyOf(request, messageId),
    });
    if (proves(request, found)) this.#ports.due.hint(clock.now());
    return { started: await this.#answers.tell(first, request.later), created: true, replayed: false };
  }

  async #hold(
    connection: Queryable,
    request: StartRequest,
    found: FoundClient,
    theirs: readonly LiveSession[],
  ): Promise<void> {
    await keepClient(connection, found, request.now);
    if (proves(request, found)) {
      await this.#starts.endUnproven(connection, clientOf(request, found), this.#ports.clock.now());
    }
    if (!request.continues || found.known === null) return;
    const live = await this.#starts.liveOfClient(clientOf(request, found), connection);
    if (live.some(({ id }) => theirs.every((seen) => seen.id !== id))) throw new LookAgain();
  }
}

/**
 * Whether what the client began without a proof ends: with any signature, as what bots know of the client is of who signed
 * from now on; with the company's word where the chat verifies, as an id is trusted as it is elsewhere.
 */
function proves(request: StartRequest, { signsIn }: FoundClient): boolean {
  return request.identity !== null || (signsIn && verifies(request));
}

function startKeyOf({ keys, identity, caller, company, body, fileIds }: StartRequest, messageId: string | null) {
  if (keys.start === undefined) return null;
  const madeBy = makerOf(identity, company === null ? null : caller.user);
  return { key: keys.start, messageId, madeBy, asked: askedWith(body, identity, fileIds) };
}

/** The client's message, if any, and the bot's first words: now, with the client's first, or when somebody listens. */
async function firstStep(
  draft: Draft,
  setting: StepSetting,
  { body, chat, incoming, later }: StartRequest,
): Promise<Told> {
  const { id, chatId, clientId, name, verified } = draft.session;
  const { sessionRatingTriggerTime, answerOnFirstClientMessage } = chat.settings;
  if (sessionRatingTriggerTime > 0) draft.wakeAt('session-rating', draft.now + sessionRatingTriggerTime * 1000);
  draft.notify('SESSION_STARTED', { id, chatId, clientId, name, verified: shownProof(verified) });
  const { botNodeId: nodeId } = body;
  const unheard = later && body.callbackUrl === undefined;
  if (incoming !== null) {
    const says = { incoming, replyTo: undefined, nodeId };
    if (unheard) {
      const { id: messageId } = await beginWithMessage(draft, setting, says);
      return { session: draft.session, said: [], messageId };
    }
    const { message, said } = await acceptMessage(draft, setting, says);
    return { session: draft.session, said, messageId: message.id };
  }
  const when = answerOnFirstClientMessage ? 'whenSpokenTo' : unheard ? 'whenHeard' : 'now';
  const said = await speakFirst(draft, setting, when, { nodeId });
  return { session: draft.session, said, messageId: undefined };
}
