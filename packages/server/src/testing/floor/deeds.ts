import type { FloorEvent } from '../../modules/sessions/answering/floor/events.ts';
import type { Dice } from './dice.ts';
import { deliver, fire, tell, type Fate } from './happenings.ts';
import { personOf } from './interpreter.ts';
import { GRACE_MS, named } from './model-session.ts';
import type { ModelNode, World } from './world.ts';

/** Something that happens on a node, by chance. */
type Deed = (world: World, node: ModelNode, dice: Dice) => void;

const fates: readonly [Fate, ...Fate[]] = ['well', 'well', 'well', 'well', 'diesBefore', 'diesAfter'];

const timeGoes: Deed = (world, _node, dice) => {
  world.now += dice.pick([1, 1_000, 3_000, 5_000, 12_000, 31_000, 61_000, 130_000]);
};

const rowRuns: Deed = (world, node, dice) => {
  const [first, ...others] = [...world.due].filter(([, { at }]) => at <= world.now);
  if (first !== undefined) fire(world, node, dice.pick([first, ...others])[0], dice.pick(fates), dice);
};

const sentArrives: Deed = (world, node, dice) => {
  if (world.sent.length === 0) return;
  const [sent] = world.sent.splice(dice.below(world.sent.length), 1);
  if (sent !== undefined && !dice.oneIn(10)) deliver(world, node, sent, dice);
};

/** What routing decides arrives, where nothing comes between. */
const routingRuns: Deed = (world, node, dice) => {
  fire(world, node, 'route', 'well', dice);
  const at = world.sent.findLastIndex(({ is }) => is === 'decision');
  const [decision] = at === -1 ? [] : world.sent.splice(at, 1);
  if (decision !== undefined) deliver(world, node, decision, dice);
};

const clientSays: Deed = (world, node, dice) => {
  const message = { id: world.nextId(), text: 'Hello', attachments: [] };
  said(world, node, dice, { is: 'clientSaid', message, question: world.nextId() }, ({ owesSince }) => ({
    lastMessageAt: world.now,
    owesSince: owesSince ?? world.now,
  }));
};

const operatorSays: Deed = (world, node, dice) => {
  const by = personOf(world, dice.pick([1, 2, 3]));
  said(world, node, dice, { is: 'operatorSaid', by, oversees: dice.oneIn(3) }, () => ({
    lastMessageAt: world.now,
    lastOperatorMessageAt: world.now,
    owesSince: null,
  }));
};

const statusChanges: Deed = (world, _node, dice) => {
  const one = world.people[dice.below(3)];
  if (one?.usesStatuses !== true) return;
  setStatus(world, one, !one.online);
};

/** A person says that it is there, or goes. */
export function setStatus(world: World, one: World['people'][number], online: boolean): void {
  if (one.online === online || !one.usesStatuses) return;
  one.online = online;
  one.since = world.now;
  world.note(online ? 'is there' : 'is away', one.id);
  world.wish(`status:${one.id}`, world.now);
  if (!online) world.wish(`departed:${one.id}`, world.now + GRACE_MS);
}

function said(...[world, node, dice, event, noted]: Parameters<typeof tell>): void {
  world.note('happens', event);
  tell(world, node, dice, event, noted);
}

const event =
  (make: (world: World, dice: Dice) => FloorEvent): Deed =>
  (world, node, dice) => {
    said(world, node, dice, make(world, dice));
  };

const somebody = (dice: Dice): number => dice.pick([1, 2, 3]);

/** What can happen, the frequent more than once. */
export const deeds: readonly [Deed, ...Deed[]] = [
  rowRuns,
  rowRuns,
  rowRuns,
  rowRuns,
  rowRuns,
  sentArrives,
  sentArrives,
  sentArrives,
  sentArrives,
  routingRuns,
  routingRuns,
  routingRuns,
  routingRuns,
  routingRuns,
  timeGoes,
  timeGoes,
  timeGoes,
  clientSays,
  clientSays,
  clientSays,
  operatorSays,
  statusChanges,
  statusChanges,
  (world, node, dice) => {
    said(world, node, dice, { is: 'clientJoined', question: world.nextId() }, () => ({ joinedAt: world.now }));
  },
  (world, node) => {
    node.memory = world.committed;
  },
  event((world, dice) => ({ is: 'take', to: personOf(world, somebody(dice)), by: dice.pick(['took', 'named']) })),
  event((_world, dice) => ({ is: 'toGroup', group: dice.pick([null, 'sales', 'support']), note: null })),
  event((world, dice) => ({
    is: 'toBot',
    bot: named(dice.pick(['a', 'b'])),
    again: dice.oneIn(2),
    question: world.nextId(),
  })),
  event((world, dice) => ({ is: 'add', person: personOf(world, somebody(dice)) })),
  event((world, dice) => ({ is: 'remove', person: somebody(dice), question: world.nextId() })),
  event((_world, dice) => ({ is: 'rewish', priority: dice.below(3) })),
  event((_world, dice) => ({ is: 'aside', what: dice.pick(['left', 'work']) })),
  event((world) => ({ is: 'queueEnds', question: world.nextId() })),
  event((world, dice) => {
    const group = dice.pick(['sales', 'support']);
    world.goneGroups.add(group);
    return { is: 'groupGone', group };
  }),
  (world, node, dice) => {
    if (!dice.oneIn(3)) return;
    said(
      world,
      node,
      dice,
      dice.pick<FloorEvent>([
        { is: 'close', question: world.nextId() },
        { is: 'clientClosed' },
        { is: 'end', by: 'spam' },
      ]),
    );
  },
];
