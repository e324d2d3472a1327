import { defaultChatSettings, type ChatSettings, type CreateChatBody, type UpdateChatBody } from '@molva/contract';
import type { Clock } from '../../platform/clock.ts';
import type { Database } from '../../platform/database.ts';
import { badField, notFound } from '../../platform/failure.ts';
import type { Ids } from '../../platform/ids.ts';
import { isoInstant } from '../../platform/instant.ts';
import { changedSettings } from './settings.ts';
import { ChatStore, type ChatRecord } from './store.ts';

/** What the module needs. `botExists` is answered by the bots, which know chats and are not known to them. */
export interface ChatPorts {
  readonly database: Database;
  readonly clock: Clock;
  readonly ids: Ids;
  botExists(botId: string, companyId: number): Promise<boolean>;
  /** Ends what goes on in a chat that is being deleted. */
  closeSessions(chatId: string): Promise<void>;
}

const botSettings = [
  'sessionReloadBotId',
  'botEndedBotId',
  'operatorEndedBotId',
  'clientTimeoutBotId',
  'operatorNotFoundBotId',
] as const satisfies readonly (keyof ChatSettings)[];

/** Chats: configured channel entries. */
export class Chats {
  readonly store: ChatStore;
  readonly #ports: ChatPorts;
  /** Every message looks its chat up; a change here drops the entry. */
  readonly #known = new Map<string, Promise<ChatRecord | undefined>>();

  constructor(ports: ChatPorts) {
    this.#ports = ports;
    this.store = new ChatStore(ports.database);
  }

  /** A chat by id alone, for callers that hold nothing but the id; throws `entity-not-found`. */
  async open(id: string): Promise<ChatRecord> {
    const chat = await this.#find(id);
    if (chat === undefined || chat.deleted) throw notFound();
    return chat;
  }

  /** The chat a session belongs to: sessions outlive the deletion of their chat. */
  async evenDeleted(id: string): Promise<ChatRecord> {
    const chat = await this.#find(id);
    if (chat === undefined) throw new Error(`chat ${id} of a session is gone`);
    return chat;
  }

  /** A chat of the company; throws `entity-not-found`. */
  async get(id: string, companyId: number): Promise<ChatRecord> {
    const chat = await this.store.find(id);
    if (chat === undefined || chat.deleted || chat.companyId !== companyId) throw notFound();
    return chat;
  }

  #find(id: string): Promise<ChatRecord | undefined> {
    let known = this.#known.get(id);
    if (known === undefined) {
      known = this.store.find(id);
      this.#known.set(id, known);
      void known.then(
        (chat) => chat ?? this.#known.delete(id),
        () => this.#known.delete(id),
      );
    }
    return known;
  }

  /** Creates a chat and answers its id. */
  async create(companyId: number, body: CreateChatBody): Promise<string> {
    const settings = changedSettings(defaultChatSettings, body);
    await this.#checkBots(companyId, body.botId, settings);
    checkSettings(settings);
    const id = this.#ports.ids.uuid4();
    await this.store.insert({ id, companyId, name: body.name, botId: body.botId, settings, now: this.#now() });
    return id;
  }

  /** Changes a chat: what is not given stays, null clears. */
  async update(id: string, companyId: number, body: UpdateChatBody): Promise<void> {
    for (let written = false; !written;) {
      const chat = await this.get(id, companyId);
      const settings = changedSettings(chat.settings, body);
      const botId = body.botId ?? chat.botId;
      await this.#checkBots(companyId, botId, settings);
      checkSettings(settings);
      // Each change has an instant of its own: one that was made meanwhile is merged into, not written over.
      const now = isoInstant(Math.max(this.#ports.clock.now(), chat.updatedAt + 1));
      const change = { id, companyId, name: body.name ?? chat.name, botId, settings, now };
      written = await this.store.update(change, chat.updatedAt);
    }
    this.#known.delete(id);
  }

  /** Deletes a chat; what goes on in it is ended first. */
  async delete(id: string, companyId: number): Promise<void> {
    const chat = await this.store.find(id);
    if (chat === undefined || chat.companyId !== companyId) throw notFound();
    await this.store.delete(id, companyId, this.#now());
    this.#known.delete(id);
    await this.#ports.closeSessions(id);
    // A repeat ends what a failure left, and is told that there is no such chat any more.
    if (chat.deleted) throw notFound();
  }

  /** Forgets what is known of chats, as when a bot's name changed. */
  forget(): void {
    this.#known.clear();
  }

  async #checkBots(companyId: number, botId: string, settings: ChatSettings): Promise<void> {
    const named: [string, string | null][] = [
      ['botId', botId],
      ...botSettings.map((n) => [n, settings[n]] as [string, string | null]),
    ];
    for (const [field, id] of named) {
      if (id !== null && !(await this.#ports.botExists(id, companyId))) throw badField(field, 'there is no such bot');
    }
  }

  #now(): string {
    return isoInstant(this.#ports.clock.now());
  }
}

function checkSettings({ identityVerification, identitySecret, references }: ChatSettings): void {
  if (identityVerification === 'required' && identitySecret === null) {
    throw badField('identitySecret', 'is required where identityVerification is "required"');
  }
  // PHP makes an integer of such a key, and the documented client then drops the whole chat.
  if (Object.keys(references).some((name) => /^-?\d+$/.test(name))) {
    throw badField('references', 'must have names that are no numbers');
  }
}
