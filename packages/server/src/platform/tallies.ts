import { Histogram, type Registry } from 'prom-client';

/** Counts values of one kind by how large they are. */
export interface Tally {
  /** Counts a value. */
  observe(value: number): void;
}

/** A tally with what was counted so far. */
class Counted implements Tally {
  readonly labels: Readonly<Record<string, string>>;
  readonly #bounds: readonly number[];
  /** Of each bound alone; those beyond the last are in the count of all. */
  readonly within: number[];
  count = 0;
  sum = 0;

  constructor(labels: Readonly<Record<string, string>>, bounds: readonly number[]) {
    this.labels = labels;
    this.#bounds = bounds;
    this.within = bounds.map(() => 0);
  }

  observe(value: number): void {
    const bounds = this.#bounds;
    let index = 0;
    while (index < bounds.length && value > (bounds[index] as number)) index++;
    if (index < bounds.length) this.within[index] = (this.within[index] as number) + 1;
    this.count += 1;
    this.sum += value;
  }
}

/** What a histogram of tallies is called, what it is of, its one label, and its buckets, the smallest first. */
interface TalliesOptions {
  readonly name: string;
  readonly help: string;
  readonly label: string;
  readonly buckets: readonly number[];
  readonly registry: Registry;
}

/** A line of the figures. */
interface Line {
  readonly metricName: string;
  readonly labels: Readonly<Record<string, string | number>>;
  readonly value: number;
}

/**
 * A histogram of what every exchange does several times: who observes has found its tally before, where the library
 * checks, sorts and joins the labels of each value anew.
 */
export class Tallies extends Histogram {
  readonly #options: TalliesOptions;
  readonly #tallies = new Map<string, Counted>();

  constructor(options: TalliesOptions) {
    const { name, help, label, buckets, registry } = options;
    super({ name, help, labelNames: [label], buckets: [...buckets], registers: [registry] });
    this.#options = options;
  }

  /** The tally of a value of the label. */
  of(value: string): Tally {
    let tally = this.#tallies.get(value);
    if (tally === undefined) {
      const { label, buckets } = this.#options;
      this.#tallies.set(value, (tally = new Counted({ [label]: value }, buckets)));
    }
    return tally;
  }

  /** What the registry makes its text of. */
  async getForPromString(): Promise<object> {
    const { name, help } = this.#options;
    return {
      name,
      help,
      type: 'histogram',
      values: [...this.#tallies.values()].flatMap((tally) => this.#lines(tally)),
    };
  }

  #lines({ labels, within, count, sum }: Counted): Line[] {
    const { name, buckets } = this.#options;
    let below = 0;
    const lines = buckets.map((le, index): Line => {
      below += within[index] ?? 0;
      return { metricName: `${name}_bucket`, labels: { le, ...labels }, value: below };
    });
    return [
      ...lines,
      { metricName: `${name}_bucket`, labels: { le: '+Inf', ...labels }, value: count },
      { metricName: `${name}_sum`, labels, value: sum },
      { metricName: `${name}_count`, labels, value: count },
    ];
  }
}
