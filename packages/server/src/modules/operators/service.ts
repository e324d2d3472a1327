import type { CreateGroupBody, OperatorStatus, UpdateGroupBody } from '@molva/contract';
import type { Clock } from '../../platform/clock.ts';
import type { Database } from '../../platform/database.ts';
import type { DueRunner } from '../../platform/due.ts';
import { badField, Failure, notFound } from '../../platform/failure.ts';
import type { Ids } from '../../platform/ids.ts';
import { isoInstant } from '../../platform/instant.ts';
import type { Caller } from '../../platform/route.ts';
import { canAnswer } from '../iam/index.ts';
import type { GroupRecord, OperatorRecord, OperatorSource } from '../sessions/index.ts';
import { findOperator } from './people.ts';
import { Seats } from './seats.ts';
import { GroupStore, type GroupRow } from './store.ts';

type User = NonNullable<Caller['user']>;

/** What the module needs. */
export interface OperatorPorts {
  readonly database: Database;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly due: DueRunner;
}

/** Operators: who answers in sessions. Whatever is not of the company is `entity-not-found`. */
export class Operators implements OperatorSource {
  readonly groups: GroupStore;
  readonly seats: Seats;
  readonly #ports: OperatorPorts;

  constructor(ports: OperatorPorts) {
    this.#ports = ports;
    this.groups = new GroupStore(ports.database);
    this.seats = new Seats(ports);
  }

  /** An operator of the company, whatever its status; undefined where there is none. */
  find(companyId: number, operatorId: number): Promise<OperatorRecord | undefined> {
    return findOperator(this.#ports.database, companyId, operatorId);
  }

  /** A group of the company; undefined where there is none. */
  async group(companyId: number, groupId: string): Promise<GroupRecord | undefined> {
    const row = await this.groups.find(companyId, groupId);
    return (
      row && {
        id: row.id,
        name: row.name,
        timerFirstAnswer: row.timer_first_answer,
        timerNextAnswers: row.timer_next_answers,
      }
    );
  }

  /** Puts a user to work; throws `not-an-operator`. */
  activate(user: User): Promise<void> {
    return this.#setStatus(user, 'ONLINE');
  }

  /** Lets a user rest or leave; throws `not-an-operator`. */
  async deactivate(user: User, status: OperatorStatus = 'OFFLINE'): Promise<void> {
    if (status === 'ONLINE') throw badField('status', 'must be PAUSE or OFFLINE');
    await this.#setStatus(user, status);
  }

  /** A group of the company. */
  async getGroup(companyId: number, id: string): Promise<GroupRow> {
    const row = await this.groups.find(companyId, id);
    if (row === undefined) throw notFound();
    return row;
  }

  /** Creates a group and answers its id. */
  async createGroup(companyId: number, body: CreateGroupBody): Promise<string> {
    const id = this.#ports.ids.uuid4();
    await this.groups.insert(id, companyId, body, this.#now());
    return id;
  }

  /** Changes a group: what is not given stays, operators are replaced as a whole. */
  async updateGroup(companyId: number, id: string, body: UpdateGroupBody): Promise<void> {
    await this.groups.update(id, companyId, body, this.#now());
    this.#wished();
  }

  /** Deletes a group: its operators stay, and who waits in it waits for anybody of the company. */
  async deleteGroup(companyId: number, id: string): Promise<void> {
    found(await this.groups.remove(id, companyId, this.#now()));
    this.#wished();
  }

  /** Adds an operator to a group; one that is in it stays. */
  async addToGroup(companyId: number, id: string, userId: number): Promise<void> {
    found(await this.groups.addMember(companyId, id, userId, this.#now()));
    this.#wished();
  }

  /** Takes an operator out of a group; one that is not in it changes nothing. */
  async removeFromGroup(companyId: number, id: string, userId: number): Promise<void> {
    found(await this.groups.removeMember(companyId, id, userId, this.#now()));
  }

  async #setStatus({ companyId, id, roles }: User, status: OperatorStatus): Promise<void> {
    const operator = await this.find(companyId, id);
    if (operator?.canAnswer !== true || !canAnswer(roles)) throw new Failure('not-an-operator');
    await this.seats.setStatus(companyId, id, status);
  }

  /** A statement wrote a wish for routing. */
  #wished(): void {
    this.#ports.due.hint(this.#ports.clock.now());
  }

  #now(): string {
    return isoInstant(this.#ports.clock.now());
  }
}

function found(whether: boolean): void {
  if (!whether) throw notFound();
}
