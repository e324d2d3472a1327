import type { PersonFloor } from '../../state/floor.ts';
import { elsewhere, over, unmoved, waiting, type Row } from './cells.ts';
import type { Facts, NamedPerson } from './events.ts';
import {
  becomes,
  beginBot,
  closed,
  endOrFollow,
  passOn,
  personTakes,
  placing,
  refuse,
  same,
  wished,
  wishOf,
  type Outcome,
} from './outcome.ts';
import type { Floor } from '../../state/floor.ts';

function join(floor: Floor, { person }: { readonly person: NamedPerson }, facts: Facts): Outcome {
  return facts.party.includes(person.id) ? same(floor) : becomes(floor, { do: 'join', person });
}

function part(floor: Floor, { person }: { readonly person: number }, facts: Facts): Outcome {
  return facts.party.includes(person) ? becomes(floor, { do: 'part', person }) : same(floor);
}

/** Takes somebody out of the party who does not answer. */
function remove(floor: Floor, event: { readonly person: number }, facts: Facts): Outcome {
  return facts.party.includes(event.person) ? part(floor, event, facts) : refuse('operator-not-in-session');
}

/** What follows where the person who answers takes part no longer. */
function without(floor: PersonFloor, next: Outcome): Outcome {
  return 'refused' in next ? next : becomes(next.floor, { do: 'part', person: floor.id }, ...next.commands);
}

/** Whoever answered was taken out: the chat's script for it, somebody of the party, or routing. */
function removeAnswerer(floor: PersonFloor, question: string, facts: Facts): Outcome {
  const { reload, standIn, now } = facts;
  if (reload !== null) {
    const commands = [
      { do: 'begin', bot: reload } as const,
      { do: 'turn', input: { kind: 'start' }, question } as const,
    ];
    return without(floor, becomes(beginBot(reload, 'handBack', null, now), ...commands));
  }
  return without(
    floor,
    standIn === null ? passOn(floor, 'person', facts) : personTakes(floor, standIn, 'passedOn', facts),
  );
}

function toGroup(
  floor: Floor,
  { group, note }: { readonly group: string | null; readonly note: string | null },
  { now }: Facts,
): Outcome {
  // A transfer is a wish of its own: whoever was not there for the one before may be now.
  const wish = wished(wishOf(floor), { group, note, else: 'script', from: 'person' }, now);
  return becomes(placing({ ...wish, busyTold: false, not: [] }, now));
}

function toPerson(
  floor: Floor,
  { to, by }: { readonly to: NamedPerson; readonly by: 'named' | 'took' },
  facts: Facts,
): Outcome {
  return personTakes(floor, to, by, facts);
}

/** A cell of a row that only a session with people has: to those who look for people a dialog is not there. */
function withPeople<F extends Floor, E>(
  cell: (floor: F, event: E, facts: Facts) => Outcome,
): (floor: F, event: E, facts: Facts) => Outcome {
  return (floor, event, facts) => (facts.dialog ? refuse('entity-not-found') : cell(floor, event, facts));
}

const overForPeople = withPeople(over);

/** The rows of what people do in a session. */
export const peopleRows: {
  readonly [
    E in
      | 'operatorSaid'
      | 'take'
      | 'toGroup'
      | 'toBot'
      | 'add'
      | 'remove'
      | 'close'
      | 'end'
      | 'rewish'
      | 'aside'
      | 'clientClosed'
      | 'gone'
      | 'back'
      | 'away'
      | 'answerDue'
  ]: Row<E>;
} = {
  operatorSaid: elsewhere<'operatorSaid'>(
    {
      person: (floor, { by, oversees }, facts) => {
        if (floor.id === by.id || facts.party.includes(by.id)) return same(floor);
        return oversees ? join(floor, { person: by }, facts) : refuse('operator-not-in-session');
      },
      closed: overForPeople,
    },
    withPeople((floor, { by }, facts) => personTakes(floor, by, 'took', facts)),
  ),
  take: elsewhere<'take'>(
    {
      person: (floor, event, facts) => (floor.id === event.to.id ? same(floor) : toPerson(floor, event, facts)),
      closed: overForPeople,
    },
    withPeople(toPerson),
  ),
  toGroup: elsewhere<'toGroup'>({ closed: overForPeople }, withPeople(toGroup)),
  toBot: elsewhere<'toBot'>(
    {
      bot: (floor, event, facts) =>
        floor.bot.id === event.bot.id && !event.again ? same(floor) : toBot(floor, event, facts),
      closed: over,
    },
    toBot,
  ),
  add: elsewhere<'add'>({ bot: withPeople(join), person: join, closed: overForPeople }, (floor, { person }, facts) =>
    personTakes(floor, person, 'named', facts),
  ),
  remove: elsewhere<'remove'>(
    {
      person: (floor, event, facts) => {
        if (floor.id !== event.person) return remove(floor, event, facts);
        return removeAnswerer(floor, event.question, facts);
      },
      closed: overForPeople,
    },
    withPeople(remove),
  ),
  close: elsewhere<'close'>(
    {
      person: (floor, { question }, facts) => endOrFollow(floor, 'operatorEnded', question, facts),
      closed: unmoved,
    },
    (_floor, _event, facts) => becomes(closed('operator', facts)),
  ),
  end: elsewhere<'end'>({ closed: unmoved }, (_floor, { by }, facts) => becomes(closed(by, facts))),
  rewish: elsewhere<'rewish'>({
    ...waiting<'rewish'>((floor, { priority }) =>
      floor.wish.priority === priority ? same(floor) : becomes({ ...floor, wish: { ...floor.wish, priority } }),
    ),
    closed: over,
  }),
  aside: elsewhere<'aside'>({
    closed: (floor, { what }, facts) => (what === 'left' ? same(floor) : over(floor, { is: 'aside', what }, facts)),
  }),
  clientClosed: elsewhere<'clientClosed'>({ closed: unmoved }, (_floor, _event, facts) =>
    facts.banned ? refuse('client-banned') : becomes(closed('client', facts)),
  ),
  gone: elsewhere<'gone'>(
    {
      person: (floor, event, facts) =>
        floor.id === event.person ? without(floor, passOn(floor, 'offline', facts)) : part(floor, event, facts),
      closed: unmoved,
    },
    part,
  ),
  back: elsewhere<'back'>({
    person: (floor, { person }) =>
      floor.id === person && floor.awaySince !== null ? becomes({ ...floor, awaySince: null }) : same(floor),
  }),
  away: elsewhere<'away'>({
    person: (floor, { person }, { now }) =>
      floor.id === person && floor.awaySince === null ? becomes({ ...floor, awaySince: now }) : same(floor),
  }),
  answerDue: elsewhere<'answerDue'>({
    person: (floor, _event, facts) =>
      facts.answerDue !== null && facts.answerDue <= facts.now ? passOn(floor, 'idle', facts) : same(floor),
  }),
};

function toBot(
  _floor: Floor,
  { bot, question }: { readonly bot: { readonly id: string; readonly name: string }; readonly question: string },
  { now }: Facts,
): Outcome {
  return becomes(
    beginBot(bot, 'named', null, now),
    { do: 'begin', bot },
    { do: 'turn', input: { kind: 'start' }, question },
  );
}
