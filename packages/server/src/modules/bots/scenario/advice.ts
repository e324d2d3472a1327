import { functions } from './functions.ts';
import type { GraphBlock, ScenarioProblem } from './graph.ts';
import type { BlockNames } from './uses.ts';
import { isSystemName, systemNames } from './system-variables.ts';

/** Words of expressions that are no variables. */
const WORDS = new Set(['true', 'false', 'null', 'and', 'or', 'not', ...Object.keys(functions)]);

/** What is spent on comparing names, in pairs of letters, some tens of milliseconds: where there are more, the first ones are. */
const MOST_COMPARED = 2_000_000;

/**
 * What looks like a mistake and need not be one: a name that nothing here gives a value and that is nearly one that has
 * one, as values may come with the start as well; a pause that leads to itself.
 */
export function adviceOn(graph: readonly GraphBlock[], names: readonly BlockNames[]): ScenarioProblem[] {
  const given = new Set(names.flatMap(({ sets }) => sets));
  const meant = [...given, ...systemNames()].map((other) => ({ other, bare: bareOf(other) }));
  const compared = { left: MOST_COMPARED };
  return graph.flatMap(({ id, block, arrows }, index) => {
    const reads = [...new Set(names[index]?.reads)];
    return [
      ...reads.flatMap((name) => {
        if (WORDS.has(name) || given.has(name) || isSystemName(name)) return [];
        const near = nearest(name, meant, compared);
        return near === undefined
          ? []
          : [{ block: id, field: '', reason: `{${name}} gets no value here: is it {${near}}?` }];
      }),
      ...arrows.flatMap(([field, target]) =>
        block.type === 'pause' && target === id
          ? [{ block: id, field, reason: 'the pause leads to itself: nothing follows it until the client writes' }]
          : [],
      ),
    ];
  });
}

/** A name without its digits: names that are counted, as `answer1` and `answer2`, are near each other on purpose. */
function bareOf(name: string): string {
  return name.replaceAll(/\d/g, '');
}

/** The name that another is most likely a slip of; undefined where none is near, or nothing is left to spend. */
function nearest(
  name: string,
  among: readonly { readonly other: string; readonly bare: string }[],
  compared: { left: number },
): string | undefined {
  const most = name.length < 4 ? 0 : name.length < 8 ? 1 : 2;
  const bare = bareOf(name);
  let best: { readonly other: string; readonly slips: number } | undefined;
  for (const { other, bare: theirs } of among) {
    compared.left -= 1;
    if (compared.left < 0) break;
    if (Math.abs(other.length - name.length) > most || theirs === bare) continue;
    compared.left -= name.length * other.length;
    if (compared.left < 0) return undefined;
    const found = slips(name, other);
    if (found <= most && found < (best?.slips ?? Infinity)) best = { other, slips: found };
  }
  return best?.other;
}

/** How many letters must be added, left out, changed or swapped to make one text of another. */
function slips(one: string, other: string): number {
  let [before, last]: number[][] = [[], Array.from({ length: other.length + 1 }, (_, index) => index)];
  for (let row = 1; row <= one.length; row++) {
    const line = [row];
    for (let at = 1; at <= other.length; at++) {
      const changed = (last?.[at - 1] ?? 0) + (one[row - 1] === other[at - 1] ? 0 : 1);
      const swapped = one[row - 1] === other[at - 2] && one[row - 2] === other[at - 1];
      const least = Math.min(changed, (last?.[at] ?? 0) + 1, (line[at - 1] ?? 0) + 1);
      line.push(swapped ? Math.min(least, (before?.[at - 2] ?? 0) + 1) : least);
    }
    [before, last] = [last, line];
  }
  return last?.at(-1) ?? 0;
}
