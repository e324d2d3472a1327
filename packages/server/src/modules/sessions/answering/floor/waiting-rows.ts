import { LOOK_MS, type HelpFloor, type QueueFloor } from '../../state/floor.ts';
import { elsewhere, waiting, type Row } from './cells.ts';
import { becomes, endOrFollow, nobody, personTakes, PLACING_MS, same, type Outcome } from './outcome.ts';

/** Routing looks again; the wish is what it was. */
function route<F extends QueueFloor | HelpFloor>(floor: F): Outcome {
  return becomes(floor, { do: 'route', group: floor.wish.group });
}

/** The rows of what becomes of a session that waits for a person, and of its end by time. */
export const waitingRows: {
  readonly [E in 'given' | 'none' | 'waitDue' | 'lifeDue' | 'queueEnds' | 'groupGone']: Row<E>;
} = {
  given: elsewhere<'given'>(
    waiting<'given'>((floor, { to, why }, facts) => personTakes(floor, to, 'routing', facts, why)),
  ),
  none: elsewhere<'none'>({
    placing: (floor, { why, question }, facts) => nobody(floor, why, question, facts),
  }),
  waitDue: elsewhere<'waitDue'>({
    placing: (floor, { question }, facts) => {
      const begun = floor.stage.is === 'placing' ? floor.stage.at : facts.now;
      return begun + PLACING_MS <= facts.now ? nobody(floor, 'nobody', question, facts) : route(floor);
    },
    queue: (floor, { question }, facts) => {
      const { stage } = floor;
      if (stage.is === 'placing') return same(floor);
      if (stage.until !== null && stage.until <= facts.now) return nobody(floor, 'waitedOut', question, facts);
      return route(floor);
    },
    help: (floor, _event, { now }) => (floor.lookAt <= now ? route({ ...floor, lookAt: now + LOOK_MS }) : same(floor)),
  }),
  lifeDue: elsewhere<'lifeDue'>(
    {
      placing: same,
      closed: same,
    },
    (floor, { question }, facts) =>
      facts.lifeEnds > facts.now ? same(floor) : endOrFollow(floor, 'clientTimeout', question, facts),
  ),
  queueEnds: elsewhere<'queueEnds'>({
    placing: route,
    queue: (floor, { question }, facts) => nobody(floor, 'hours', question, facts),
  }),
  groupGone: elsewhere<'groupGone'>(
    waiting<'groupGone'>((floor, { group }) =>
      floor.wish.group === group ? route({ ...floor, wish: { ...floor.wish, group: null } }) : same(floor),
    ),
  ),
};
