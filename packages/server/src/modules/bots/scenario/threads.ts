/** An instruction of a compiled pattern. */
export interface Instruction {
  readonly op: number;
  readonly out: number;
  readonly arg: number;
  readonly runes: ArrayLike<number> | null;
  matchRune(rune: number): boolean;
}

/** The instructions of RE2 by their numbers; all others take a character of their `runes`. */
const op = {
  ALT: 1,
  ALT_MATCH: 2,
  CAPTURE: 3,
  EMPTY_WIDTH: 4,
  FAIL: 5,
  MATCH: 6,
  NOP: 7,
  RUNE_ANY: 10,
  RUNE_ANY_NOT_NL: 11,
} as const;

/** Where a run of a program can be at once: each instruction no more than once. */
export class Threads {
  /** A thread came to the end of the pattern. */
  matched = false;
  /** Instructions looked at since it was cleared. */
  visited = 0;
  /** Threads that wait for a character. */
  size = 0;
  readonly #inst: readonly Instruction[];
  readonly #waiting: Int32Array;
  /** By instruction: the round it was looked at in. */
  readonly #seen: Int32Array;
  readonly #open: number[] = [];
  #round = 1;

  constructor(inst: readonly Instruction[]) {
    this.#inst = inst;
    this.#waiting = new Int32Array(inst.length);
    this.#seen = new Int32Array(inst.length);
  }

  clear(): void {
    this.#round += 1;
    this.size = 0;
    this.visited = 0;
    this.matched = false;
  }

  /** Adds a thread, and those it becomes before it takes a character; `places` are what holds where it stands. */
  add(from: number, places: number): void {
    const open = this.#open;
    open.push(from);
    for (let pc = open.pop(); pc !== undefined; pc = open.pop()) {
      if (this.#seen[pc] === this.#round) continue;
      this.#seen[pc] = this.#round;
      this.visited += 1;
      const { op: is, out, arg } = this.#inst[pc] as Instruction;
      if (is === op.MATCH) this.matched = true;
      else if (is === op.ALT || is === op.ALT_MATCH) open.push(arg, out);
      else if (is === op.CAPTURE || is === op.NOP) open.push(out);
      else if (is === op.EMPTY_WIDTH) {
        if ((arg & ~places) === 0) open.push(out);
      } else if (is !== op.FAIL) this.#waiting[this.size++] = pc;
    }
  }

  /** Lets every thread take a character; those that can go on in `next`. */
  step(rune: number, next: Threads, places: number): void {
    let asked: ArrayLike<number> | null = null;
    let taken = false;
    for (let index = 0; index < this.size; index++) {
      const instruction = this.#inst[this.#waiting[index] as number] as Instruction;
      // Repeated classes are one, and large: what it said of the character holds for the next thread as well.
      if (instruction.runes !== asked || asked === null) taken = takes(instruction, rune);
      asked = instruction.runes;
      if (taken) next.add(instruction.out, places);
    }
    this.visited += this.size;
  }
}

function takes(instruction: Instruction, rune: number): boolean {
  if (instruction.op === op.RUNE_ANY) return true;
  return instruction.op === op.RUNE_ANY_NOT_NL ? rune !== 10 : instruction.matchRune(rune);
}
