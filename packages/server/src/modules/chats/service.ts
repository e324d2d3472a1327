import { defaultChatSettings, type ChatSettings, type CreateChatBody, type UpdateChatBody } from '@molva/contract';
import type { Changes } from '../../platform/changes.ts';
import type { Clock } from '../../platform/clock.ts';
import { resealColumn } from '../../platform/data-keys.ts';
import type { Database } from '../../platform/database.ts';
import type { DueRunner } from '../../platform/due.ts';
import { badField, notFound } from '../../platform/failure.ts';
import type { Ids } from '../../platform/ids.ts';
import { isoInstant } from '../../platform/instant.ts';
import type { Memory, MemoryPart } from '../../platform/memory.ts';
import type { Vault } from '../../platform/vault.ts';
import { checkStored } from '../../platform/stored-size.ts';
import { checkedKeys } from './identity-keys.ts';
import { sealedChats } from './sealed-settings.ts';
import { takesProofs } from './proofs-taken.ts';
import { changedSettings } from './settings.ts';
import { ChatStore, type ChatRecord } from './store.ts';

/** What chats need of whoever keeps the bots. */
export interface BotDirectory {
  /** Whether a chat of the company can use the bot. */
  exists(botId: string, companyId: number): Promise<boolean>;
}

/** What the module needs. */
export interface ChatPorts {
  readonly database: Database;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly changes: Changes;
  readonly memory: Memory;
  readonly due: DueRunner;
  readonly vault: Vault;
  readonly bots: BotDirectory;
}

/** Bytes that all settings of a chat have together: they are read and kept whole. */
const MOST_BYTES = 262_144;

/** How long a chat is believed without asking the database. */
export const CHAT_LIFE_MS = 60_000;

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
  /** Every message looks its chat up. */
  readonly #known: MemoryPart<string, ChatRecord | undefined>;

  constructor(ports: ChatPorts) {
    const { database, changes, memory } = ports;
    this.#ports = ports;
    this.store = new ChatStore(database, ports.vault);
    this.#known = memory.part({ name: 'chat', lifeMs: CHAT_LIFE_MS, read: (id) => this.store.find(id) });
    changes.on('chat', (id) => this.#known.drop(id.toLowerCase()));
    // A chat is known with the names of its bots.
    changes.on('bot', () => this.#known.clear());
  }

  /** Seals what is secret in the settings of all chats with the key of the day. */
  async reseal(): Promise<void> {
    await resealColumn(this.#ports.database, sealedChats(this.#ports.vault));
  }

  /** A chat by id alone, for callers that hold nothing but the id; throws `entity-not-found`. */
  async open(id: string): Promise<ChatRecord> {
    const chat = await this.#known.get(id.toLowerCase());
    if (chat === undefined || chat.deletedAt !== null) throw notFound();
    return chat;
  }

  /** The chat a session belongs to: sessions outlive the deletion of their chat. */
  async evenDeleted(id: string): Promise<ChatRecord> {
    const chat = await this.#known.get(id.toLowerCase());
    if (chat === undefined) throw new Error(`chat ${id} of a session is gone`);
    return chat;
  }

  /** A chat of the company; throws `entity-not-found`. */
  async get(id: string, companyId: number): Promise<ChatRecord> {
    const chat = await this.store.find(id);
    if (chat === undefined || chat.deletedAt !== null || chat.companyId !== companyId) throw notFound();
    return chat;
  }

  /** Creates a chat and answers its id. */
  async create(companyId: number, body: CreateChatBody): Promise<string> {
    const settings = changedSettings(defaultChatSettings, withKeys(body));
    await this.#checkBots(companyId, body.botId, settings);
    checkSettings(settings);
    checkStored({}, settings, MOST_BYTES);
    const id = this.#ports.ids.uuid4();
    await this.store.insert({ id, companyId, name: body.name, botId: body.botId, settings, now: this.#now() });
    return id;
  }

  /** Changes a chat: what is not given stays, null clears. */
  async update(id: string, companyId: number, body: UpdateChatBody): Promise<void> {
    let taken = false;
    for (let written = false; !written;) {
      const chat = await this.get(id, companyId);
      const settings = changedSettings(chat.settings, withKeys(body));
      const botId = body.botId ?? chat.botId;
      await this.#checkBots(companyId, botId, settings);
      checkSettings(settings);
      checkStored(chat.settings, settings, MOST_BYTES);
      // Each change has an instant of its own: one that was made meanwhile is merged into, not written over.
      const now = isoInstant(Math.max(this.#ports.clock.now(), chat.updatedAt + 1));
      const change = { id, companyId, name: body.name ?? chat.name, botId, settings, now };
      taken = takesProofs(chat.settings, settings);
      written = await this.store.update(change, chat.updatedAt);
    }
    const { changes } = this.#ports;
    changes.tell('chat', id);
    // Whoever looks at the chat for this finds it as it is now.
    if (taken) changes.tell('chat-proofs', id);
  }

  /** Deletes a chat; what goes on in it is ended right after, whatever becomes of this process. */
  async delete(id: string, companyId: number): Promise<void> {
    const chat = await this.store.find(id);
    if (chat === undefined || chat.companyId !== companyId) throw notFound();
    const { changes, clock, due } = this.#ports;
    const now = clock.now();
    await this.store.delete(id, companyId, isoInstant(now));
    changes.tell('chat', id);
    due.hint(now);
    // A repeat looks once more for what goes on, and is told that there is no such chat any more.
    if (chat.deletedAt !== null) throw notFound();
  }

  async #checkBots(companyId: number, botId: string, settings: ChatSettings): Promise<void> {
    const named: [string, string | null][] = [
      ['botId', botId],
      ...botSettings.map((n) => [n, settings[n]] as [string, string | null]),
    ];
    for (const [field, id] of named) {
      if (id !== null && !(await this.#ports.bots.exists(id, companyId))) throw badField(field, 'there is no such bot');
    }
  }

  #now(): string {
    return isoInstant(this.#ports.clock.now());
  }
}

/** What was given, with its public keys as they are stored. */
function withKeys(body: UpdateChatBody): UpdateChatBody {
  const { identityKeys } = body;
  return identityKeys ? { ...body, identityKeys: checkedKeys(identityKeys) } : body;
}

function checkSettings({ identityVerification, identitySecret, identityKeys, references }: ChatSettings): void {
  if (identityVerification === 'required' && identitySecret === null && identityKeys.length === 0) {
    throw badField('identitySecret', 'or identityKeys is required where identityVerification is "required"');
  }
  // PHP makes an integer of such a key, and the documented client then drops the whole chat.
  if (Object.keys(references).some((name) => /^-?\d+$/.test(name))) {
    throw badField('references', 'must have names that are no numbers');
  }
}
