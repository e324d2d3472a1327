import { expect, it } from 'vitest';
import { FakeClock } from '../../../testing/fake-clock.ts';
import { WriteLine, type Waiting } from './write-line.ts';

/** A line, what it sent, and who was refused. */
function openLine() {
  const clock = new FakeClock(0);
  const sent: { readonly ids: readonly string[]; readonly done: () => void }[] = [];
  const refused: string[] = [];
  const send = (group: readonly Waiting[]): Promise<void> => {
    const { promise, resolve } = Promise.withResolvers<void>();
    sent.push({ ids: group.map(({ id }) => id), done: resolve });
    return promise;
  };
  const line = new WriteLine<Waiting>(clock, send);
  const behind = new WriteLine<Waiting>(clock, send, { most: { underWay: 1, atAll: 3 }, before: line });
  const step = (id: string, shape: string | null): Waiting => ({
    id,
    shape,
    refuse: (reason) => refused.push(`${id} ${reason}`),
  });
  const add = (id: string, shape: string | null = 'a'): void => line.add(step(id, shape));
  const addBehind = (id: string, shape: string | null = 'a'): void => behind.add(step(id, shape));
  return { clock, line, sent, refused, add, addBehind, groups: () => sent.map(({ ids }) => ids.join(' ')) };
}
const turn = (): Promise<unknown> => new Promise(setImmediate);
const numbers = (count: number): string[] => Array.from({ length: count }, (_, index) => String(index));

it('a step goes at once where nothing is under way; those behind it gather, by their shape', async () => {
  const { sent, add, groups } = openLine();
  for (const id of ['1', '2', '3', '4', '5', '6']) add(id);
  add('7', 'b');
  expect(groups()).toEqual(['1']);
  sent[0]?.done();
  await turn();
  await turn();
  expect(groups()).toEqual(['1', '2 3 4 5']);
});

it('a step waits four milliseconds for the one before it, and four that are slow hold up nobody for long', () => {
  const { clock, add, groups } = openLine();
  for (const id of ['1', '2', '3', '4']) {
    add(id, id);
    clock.advance(4);
  }
  add('5');
  clock.advance(30);
  expect(groups()).toEqual(['1', '2', '3', '4']);
  clock.advance(50);
  expect(groups()).toEqual(['1', '2', '3', '4', '5']);
  // Behind statements that are slow nobody waits at all.
  clock.advance(100);
  add('6');
  expect(groups()).toHaveLength(6);
});

it('slow statements leave connections to who reads, and one that is done lets the next go', async () => {
  const { clock, sent, add, groups } = openLine();
  for (const id of numbers(13)) {
    add(id, id);
    clock.advance(60);
  }
  expect(groups()).toEqual(numbers(12));
  clock.advance(1_000);
  expect(groups()).toHaveLength(12);
  sent[3]?.done();
  await turn();
  await turn();
  expect(groups()).toEqual(numbers(13));
});

it('what was sent in vain goes again before what waits', async () => {
  const { clock, line, sent, refused, add, groups } = openLine();
  add('0');
  for (const id of ['1', '2']) add(id);
  clock.advance(4_990);
  line.again(['a', 'b'].map((id) => ({ id, shape: null, refuse: () => refused.push(id) })));
  for (let at = 0; at < 3; at++) {
    sent[at]?.done();
    await turn();
    await turn();
  }
  expect([groups().slice(-2), refused]).toEqual([['a', 'b'], []]);
});

it('two steps of one session are never in one statement, and what goes alone does', async () => {
  const { sent, add, groups } = openLine();
  add('0');
  for (const id of ['1', '1', '2', '2']) add(id);
  add('3', null);
  add('4', null);
  for (let at = 0; at < 5; at++) {
    sent[at]?.done();
    await turn();
    await turn();
  }
  expect(groups()).toEqual(['0', '1 2', '1 2', '3', '4']);
});

it('a line is bounded in number and in time, and whoever is refused was not sent', () => {
  const { clock, line, sent, refused, add } = openLine();
  // Each of a shape of its own: nothing gathers, and four are under way.
  for (const id of numbers(2_004)) add(id, id);
  expect([sent.length, line.waiting, refused]).toEqual([4, 2_000, []]);
  add('more');
  expect(refused).toEqual(['more too many wait to be written']);
  clock.advance(5_010);
  expect([line.waiting, sent.length + refused.length]).toEqual([0, 2_005]);
  const all = [...sent.flatMap(({ ids }) => ids), ...refused.map((words) => words.split(' ')[0])];
  expect(new Set(all).size).toBe(2_005);
});

it('what nobody waits for gathers, and goes behind everybody else: one statement at a time', async () => {
  const { clock, sent, add, addBehind, groups } = openLine();
  for (const id of numbers(24)) addBehind(id);
  expect(groups()).toEqual([numbers(16).join(' ')]);
  // Somebody waits for this one: nothing of its own line is under way.
  add('now');
  expect(groups()[1]).toBe('now');
  for (const id of ['a', 'b']) add(id);
  sent[0]?.done();
  await turn();
  await turn();
  clock.advance(4);
  // Those that came later, but that somebody waits for, went first.
  expect(groups().slice(2)).toEqual(['a b']);
  clock.advance(4);
  expect(groups().slice(3)).toEqual(['16 17 18 19 20 21 22 23']);
});

it('what nobody waits for comes to its turn although others never cease to wait', () => {
  const { clock, line, add, addBehind, groups } = openLine();
  for (const id of numbers(20)) add(id, id);
  addBehind('late');
  while (!groups().includes('late') && clock.now() < 1_000) {
    clock.advance(4);
    add(`more ${clock.now()}`, `${clock.now()}`);
    expect(line.waiting).toBeGreaterThan(0);
  }
  expect(clock.now()).toBeLessThan(300);
});
