import type { AttributeValues } from '@molva/contract';
import type { Changes } from '../../platform/changes.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Database } from '../../platform/database.ts';
import { badField, notFound } from '../../platform/failure.ts';
import type { Ids } from '../../platform/ids.ts';
import { isoInstant } from '../../platform/instant.ts';
import { AttributeStore } from './attribute-store.ts';
import { givenName } from './names.ts';
import { ClientStore } from './store.ts';
import { TagStore } from './tag-store.ts';
import type { ClientDetails } from './view.ts';

/** What the module needs. */
export interface ClientPorts {
  readonly database: Database;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly changes: Changes;
}

/** Clients, and what a company notes about them. Whatever is not of the company is `entity-not-found`. */
export class Clients {
  readonly attributes: AttributeStore;
  readonly tags: TagStore;
  readonly #store: ClientStore;
  readonly #ports: ClientPorts;

  constructor(ports: ClientPorts) {
    this.#ports = ports;
    this.attributes = new AttributeStore(ports.database);
    this.tags = new TagStore(ports.database);
    this.#store = new ClientStore(ports.database);
  }

  /** A client with everything the company knows of it. */
  async details(companyId: number, id: string): Promise<ClientDetails> {
    const [client, attributes, tags, comment] = await Promise.all([
      this.#store.find(companyId, id),
      this.attributes.ofClient(companyId, id),
      this.tags.ofClient(companyId, id),
      this.#store.clientComment(companyId, id),
    ]);
    if (client === undefined || comment === undefined) throw notFound();
    return { client, attributes, tags, comment };
  }

  /** Bans a client, or lifts its ban. */
  async ban(companyId: number, id: string, banned: boolean): Promise<void> {
    const sessions = await this.#store.ban(companyId, id, banned, this.#now());
    if (sessions === undefined) throw notFound();
    for (const { id: sessionId, version } of sessions) {
      this.#ports.changes.tell('session', sessionId, version);
      if (banned) this.#ports.changes.tell('client-ban', sessionId);
    }
  }

  /** Defines an attribute and answers its id; throws `name-taken`. */
  async createAttribute(companyId: number, name: string): Promise<string> {
    const id = this.#ports.ids.uuid4();
    await this.attributes.insert(id, companyId, givenName(name), this.#now());
    return id;
  }

  /** Renames an attribute, whose values stay; throws `name-taken`. */
  async renameAttribute(companyId: number, id: string, name: string): Promise<void> {
    found(await this.attributes.rename(id, companyId, givenName(name), this.#now()));
  }

  /** Deletes an attribute with its values. */
  async deleteAttribute(companyId: number, id: string): Promise<void> {
    found(await this.attributes.remove(id, companyId));
  }

  /** Sets values by attribute id, all or none; null clears one. */
  async setAttributes(companyId: number, clientId: string, values: AttributeValues): Promise<void> {
    const byId = new Map<string, AttributeValues[string]>();
    for (const [given, value] of Object.entries(values)) {
      const id = given.toLowerCase();
      if (byId.has(id)) throw badField(given, 'is named twice');
      byId.set(id, value);
    }
    await this.attributes.setValues(companyId, clientId, Object.fromEntries(byId), this.#now());
  }

  /** Defines a tag and answers its id; throws `name-taken`. */
  async createTag(companyId: number, name: string): Promise<string> {
    const id = this.#ports.ids.uuid4();
    await this.tags.insert(id, companyId, givenName(name), this.#now());
    return id;
  }

  /** Deletes a tag, which comes off everything. */
  async deleteTag(companyId: number, id: string): Promise<void> {
    found(await this.tags.remove(id, companyId));
  }

  /** Puts a tag on a client; one that is on it stays. */
  async tagClient(companyId: number, clientId: string, tagId: string): Promise<void> {
    found(await this.tags.putOnClient(companyId, clientId, tagId, this.#now()));
  }

  /** Takes a tag off a client; one that is not on it changes nothing. */
  async untagClient(companyId: number, clientId: string, tagId: string): Promise<void> {
    found(await this.tags.takeOffClient(companyId, clientId, tagId));
  }

  /** Puts a tag on a session; one that is on it stays. */
  async tagSession(companyId: number, sessionId: string, tagId: string): Promise<void> {
    found(await this.tags.putOnSession(companyId, sessionId, tagId, this.#now()));
  }

  /** Takes a tag off a session; one that is not on it changes nothing. */
  async untagSession(companyId: number, sessionId: string, tagId: string): Promise<void> {
    found(await this.tags.takeOffSession(companyId, sessionId, tagId));
  }

  /** What was noted about a client; empty where nothing was. */
  async clientComment(companyId: number, clientId: string): Promise<string> {
    const comment = await this.#store.clientComment(companyId, clientId);
    if (comment === undefined) throw notFound();
    return comment;
  }

  /** Notes something about a client, instead of what was noted before. */
  async setClientComment(companyId: number, clientId: string, comment: string): Promise<void> {
    found(await this.#store.setClientComment(companyId, clientId, comment, this.#now()));
  }

  /** What was noted about a session; empty where nothing was. */
  async sessionComment(companyId: number, sessionId: string): Promise<string> {
    const comment = await this.#store.sessionComment(companyId, sessionId);
    if (comment === undefined) throw notFound();
    return comment;
  }

  /** Notes something about a session, instead of what was noted before. */
  async setSessionComment(companyId: number, sessionId: string, comment: string): Promise<void> {
    found(await this.#store.setSessionComment(companyId, sessionId, comment, this.#now()));
  }

  #now(): string {
    return isoInstant(this.#ports.clock.now());
  }
}

function found(whether: boolean): void {
  if (!whether) throw notFound();
}
