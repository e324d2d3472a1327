import type { StartSessionBody } from '@molva/contract';
import { Failure } from '../../../platform/failure.ts';
import { changesClient, findClient, keepClient, LookAgain, type FoundClient } from '../../clients/index.ts';
import { acceptMessage, readReplyTo, refuseUnlessOpen } from '../answering/client-message.ts';
import { wishTimers } from '../answering/effects.ts';
import { givenMeanwhile } from '../answering/given-meanwhile.ts';
import { once } from '../answering/once.ts';
import type { StepSetting } from '../answering/setting.ts';
import { givenVariables } from '../state/blank-session.ts';
import type { Draft } from '../state/draft.ts';
import type { HotSession } from '../state/session.ts';
import { withFiles } from './files-of.ts';
import { chosenOptions } from './options.ts';
import { claimOf, type StartRequest } from './request.ts';
import type { StartPorts } from './start.ts';
import type { StartAnswers, StartOutcome, Told } from './start-answers.ts';

/** How often what a continue says of its client is tried to be kept, where others write the client at the same time. */
const MOST_TRIES = 3;

/** How starts go on with sessions that are there. */
export class Continues {
  readonly #ports: StartPorts;
  readonly #answers: StartAnswers;

  constructor(ports: StartPorts, answers: StartAnswers) {
    this.#ports = ports;
    this.#answers = answers;
  }

  /** Goes on with a live session that the caller may use; throws `LookAgain` where it ended meanwhile. */
  async go(session: HotSession, asked: StartRequest): Promise<StartOutcome> {
    const { files, store, runner } = this.#ports;
    try {
      return await once({
        key: asked.incoming === null ? undefined : asked.keys.message,
        lookFirst: true,
        replay: (used) => this.#answers.ofMessage(session.id, used, asked.later),
        write: async () => {
          const request = await withFiles(files, asked, session.id);
          const replyTo = await readReplyTo(store, session.id, request.incoming?.replyToMessageId);
          const told = await runner.run(session.id, async (draft, rules): Promise<Told> => {
            refuseUnlessOpen(draft);
            const { incoming } = request;
            const body = wordOf(request, draft.session);
            const setting = { ...rules, callBack: request.later };
            const options = chosenOptions(body, request, draft.session, this.#ports.vault);
            if (body.sessionTtl === undefined) draft.set({ options });
            else draft.set({ ttl: body.sessionTtl, options: { ...options, ttlGivenAt: draft.now } });
            await addVariables(draft, setting, body);
            if (incoming === null) {
              wishTimers(draft, setting);
              return { session: draft.session, said: [], messageId: undefined };
            }
            const { message, said } = await acceptMessage(draft, setting, { incoming, replyTo });
            return { session: draft.session, said, messageId: message.id };
          });
          return { started: await this.#answers.tell(told, request.later), created: false, replayed: false };
        },
      });
    } catch (error) {
      if (error instanceof Failure && error.code === 'session-closed') throw new LookAgain();
      throw error;
    }
  }

  /** Keeps what a continue says of its client, once nothing refused it. */
  async keep(request: StartRequest, first: FoundClient): Promise<void> {
    const { database, runner } = this.#ports;
    let found = first;
    for (let left = MOST_TRIES; left > 0 && changesClient(found); left--) {
      try {
        const kept = found;
        await database.transaction((connection) => keepClient(connection, kept, request.now));
        return;
      } catch (error) {
        if (!(error instanceof LookAgain)) throw error;
        found = await findClient(database, runner.ports.ids, claimOf(request));
        // The session that was gone on with is not of somebody else.
        if (found.known?.id !== first.row.id) return;
      }
    }
  }
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
