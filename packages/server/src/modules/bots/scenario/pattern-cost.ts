/** Units for a class of Unicode's, such as `\p{L}`, and its other cases: repeated, it is kept once. */
const CLASS = 130;
/** Characters of a written range, such as `[a-я]`, whose other cases are looked for within a unit. */
const RANGE_STEP = 48;

/** What may stand at a place of a pattern; whatever else is a character of its own. */
const PART =
  /\\Q(?<quoted>.*?)(?:\\E|$)|(?<named>\\[pP](?:\{[^}]*\}|.))|\\x\{[^}]*\}|\\.|(?<list>\[\^?\]?(?:\[:\^?\w+:\]|\\Q.*?\\E|\\.|[^\]\\])*\]?)|\{(?<least>\d+)(?<open>,(?<most>\d*))?\}|(?<flags>\(\?[a-zA-Z-]*\))|(?<group>\()|(?<close>\))|(?<loose>[*+?|])|./gsu;

/**
 * About what it takes to compile a pattern and to hold it, in units of some three microseconds: its instructions, each as
 * often as it is repeated, and its classes. It is read off the source, as compiling is what can take seconds; what it
 * reads otherwise than the compiler does, it takes for more, not for less.
 */
export function patternCost(source: string): number {
  const outer: number[] = [];
  let classes = 0;
  let sum = 0;
  let last = 0;
  for (const { groups = {} } of source.matchAll(PART)) {
    const { quoted, named, list, least, open, most, flags, group, close, loose } = groups;
    if (least !== undefined) {
      const copies = Math.max(Number(least), 1);
      // `{2,}` is two and a loop; what may be absent has an instruction that leads around it.
      const absent = open === undefined ? 0 : most === '' ? 1 : Math.max(Number(most) - copies, 0);
      const all = last * copies + (last + 1) * absent;
      sum += all - last;
      last = all;
    } else if (group !== undefined) {
      outer.push(sum);
      sum = last = 0;
    } else if (close !== undefined) {
      last = sum + 2;
      sum = (outer.pop() ?? 0) + last;
    } else if (loose !== undefined || flags !== undefined) {
      sum += 1;
      last = 0;
    } else {
      if (named !== undefined) classes += CLASS;
      if (list !== undefined) classes += listCost(list);
      last = quoted?.length ?? 1;
      sum += last;
    }
  }
  return outer.reduce((all, one) => all + one, sum + classes);
}

/** The cost of the characters between square brackets. */
function listCost(list: string): number {
  let cost = CLASS * (list.match(/\\[pP]/g)?.length ?? 0);
  // Whatever a range begins with, it has at most as many characters as there are before its end.
  for (const [, hex, plain] of list.matchAll(/-(?:\\x\{([0-9a-fA-F]+)\}|(.))/gsu)) {
    cost += (hex === undefined ? (plain?.codePointAt(0) ?? 0) : Number.parseInt(hex, 16)) / RANGE_STEP;
  }
  return Math.ceil(cost);
}
