import type { StartSessionBody } from '@molva/contract';
import { Failure } from '../../../platform/failure.ts';
import {
  changesClient,
  findClient,
  keepClient,
  LookAgain,
  type ClientClaim,
  type FoundClient,
} from '../../clients/index.ts';
import { continueWithMessage, readReplyTo, refuseUnlessOpen } from '../answering/client-message.ts';
import { wishTimers } from '../answering/effects.ts';
import { givenMeanwhile } from '../answering/given-meanwhile.ts';
import { once } from '../answering/once.ts';
import type { StepSetting } from '../answering/setting.ts';
import { givenVariables } from '../state/blank-session.ts';
import { clientName } from '../state/client-name.ts';
import type { Draft } from '../state/draft.ts';
import type { HotSession, SessionOptions } from '../state/session.ts';
import { withFiles } from './files-of.ts';
import { chosenOptions } from './options.ts';
import { claimOf, verifies, type StartRequest } from './request.ts';
import type { StartPorts } from './start.ts';
import type { StartAnswers, StartOutcome, Told } from './start-answers.ts';

/** How often what a continue says of its client is tried to be kept, where others write the client at the same time. */
const MOST_TRIES = 3;

/** What a continue says of its client, and what becomes of the client by it. */
export interface SaidOfClient {
  readonly claim: ClientClaim;
  readonly found: FoundClient;
}

/** How starts go on with sessions that are there. */
export class Continues {
  readonly #ports: StartPorts;
  readonly #answers: StartAnswers;

  constructor(ports: StartPorts, answers: StartAnswers) {
    this.#ports = ports;
    this.#answers = answers;
  }

  /**
   * Goes on with a live session that the caller may use, and keeps what it says of its client once nothing refused it;
   * undefined where the session ended before the client could be heard, as by the first words that this call let it say.
   * @param of null: it says nothing, or has not the right to
   */
  async go(session: HotSession, asked: StartRequest, of: SaidOfClient | null): Promise<StartOutcome | undefined> {
    const outcome = await this.#goOn(session, asked, of);
    if (outcome?.replayed === false && of !== null) await this.#keep(of, asked.now);
    return outcome;
  }

  /** What a continue of a session that it names says of the session's client, whoever else the call describes. */
  async saidOf({ clientId }: HotSession, request: StartRequest): Promise<SaidOfClient | null> {
    const { database, runner } = this.#ports;
    const { clientExternalId: _, messengerType: __, messengerUserId: ___, ...facts } = request.body;
    // Where somebody verifies, who is proven begins anew: no session there is becomes a proven client's.
    const body = { ...(verifies(request) ? facts : request.body), clientId };
    const claim = { ...claimOf(request), body };
    const found = await findClient(database, runner.ports.ids, claim);
    return found.known?.id === clientId ? { claim, found } : null;
  }

  async #goOn(session: HotSession, asked: StartRequest, of: SaidOfClient | null): Promise<StartOutcome | undefined> {
    const { files, store, runner } = this.#ports;
    try {
      return await once({
        key: asked.incoming === null ? undefined : asked.keys.message,
        lookFirst: true,
        replay: (used) => this.#answers.ofMessage(session.id, used, asked.later),
        write: async () => {
          const request = await withFiles(files, asked, session.id);
          const replyTo = await readReplyTo(store, session.id, request.incoming?.replyToMessageId);
          const told = await runner.run(session.id, async (draft, rules): Promise<Told | null> => {
            refuseUnlessOpen(draft);
            const { incoming } = request;
            const body = wordOf(request, draft.session);
            const setting = { ...rules, callBack: request.later };
            const options = chosenOptions(body, request, draft.session, this.#ports.vault);
            draft.set({ options, clientName: nameOf(draft.session, options, of) });
            if (body.sessionTtl !== undefined) {
              draft.set({ ttl: body.sessionTtl, options: { ...options, ttlGivenAt: draft.now } });
            }
            await addVariables(draft, setting, body);
            if (incoming === null) {
              wishTimers(draft, setting);
              return { session: draft.session, said: [], messageId: undefined };
            }
            const taken = await continueWithMessage(draft, setting, { incoming, replyTo });
            return taken && { session: draft.session, said: taken.said, messageId: taken.message.id };
          });
          if (told === null) return undefined;
          return { started: await this.#answers.tell(told, request.later), created: false, replayed: false };
        },
      });
    } catch (error) {
      if (error instanceof Failure && error.code === 'session-closed') return undefined;
      throw error;
    }
  }

  async #keep({ claim, found: first }: SaidOfClient, now: number): Promise<void> {
    const { database, runner } = this.#ports;
    let found = first;
    for (let left = MOST_TRIES; left > 0 && changesClient(found); left--) {
      try {
        const kept = found;
        await database.transaction((connection) => keepClient(connection, kept, now));
        return;
      } catch (error) {
        if (!(error instanceof LookAgain)) throw error;
        found = await findClient(database, runner.ports.ids, claim);
        // The session that was gone on with is not of somebody else.
        if (found.known?.id !== first.row.id) return;
      }
    }
  }
}

/** What the client of a session is called from now on. */
function nameOf(session: HotSession, options: SessionOptions, of: SaidOfClient | null): string {
  if (of === null) return options.clientNameForOperator ?? session.clientName;
  const { name, first_name, last_name } = of.found.row;
  return clientName([name, first_name, last_name], options);
}

/** What a continue says, as far as its word goes: who is no more than a holder says nothing of who a proven client is. */
function wordOf({ body, identity, company }: StartRequest, { verified }: HotSession): StartSessionBody {
  if (verified === null || identity !== null || company !== null) return body;
  const { clientNameForOperator: _, clientPhone: __, clientExternalId: ___, messengerUserId: ____, ...rest } = body;
  return rest;
}

/** Adds what a continue gives the bot. */
async function addVariables(draft: Draft, { bots }: StepSetting, body: StartSessionBody): Promise<void> {
  const { bot: memory, botId, companyId } = draft.session;
  if (memory === null || (body.variables ?? body.clientMetadata) === undefined) return;
  const bot = await bots.ready(botId, companyId);
  if (bot === undefined) return;
  const given = givenVariables(body);
  const state = bot.withVariables(memory.state, given);
  draft.set({ bot: givenMeanwhile({ ...memory, state }, given, draft.session.floor) });
}
