import type { Clock, Timer } from '../../platform/clock.ts';
import type { Notice, Notices } from '../../platform/notices.ts';
import { faultOf } from './faults.ts';

/** How what was given is taken back from connections. */
export interface Taking {
  /** Names it among all: the same word once more begins it anew. */
  readonly name: string;
  /** Takes it from whoever has it by now. */
  readonly first: () => Promise<void>;
  /** Takes it from whoever has it later: those who were let in before the word, and got it after. */
  readonly later: () => Promise<void>;
  /** What is told where it fails. */
  readonly notice: Notice;
}

/** What taking back needs. */
export interface TakingBackPorts {
  readonly clock: Clock;
  readonly notices: Notices;
  /** Takes everything from everybody: for when there is too much to remember. */
  readonly everything: () => Promise<void>;
}

interface Under {
  readonly taking: Taking;
  step: 'first' | 'later';
  failed: boolean;
  timer: Timer | undefined;
}

/** How soon what failed is tried again. */
const RETRY_MS = 2_000;
/** When is looked again: a connect, or a join, that was decided before the word has ended by then. */
const LATER_MS = 15_000;
/** Takings that are remembered. */
const MOST = 10_000;

/**
 * Takes back what connections were given and may have no more. What fails is kept and tried again until it is done; and
 * once done it is done once more, for those whose connect or join was under way.
 */
export class TakingBack implements Disposable {
  readonly #ports: TakingBackPorts;
  readonly #under = new Map<string, Under>();
  #stopped = false;

  constructor(ports: TakingBackPorts) {
    this.#ports = ports;
  }

  /** Begins to take something back. */
  begin(taking: Taking): void {
    if (this.#stopped) return;
    const before = this.#under.get(taking.name);
    const all = before === undefined && this.#under.size >= MOST;
    if (all) {
      for (const { timer } of this.#under.values()) timer?.cancel();
      this.#under.clear();
    }
    const { everything } = this.#ports;
    const asked = all ? { ...taking, name: 'everything', first: everything, later: everything } : taking;
    before?.timer?.cancel();
    const under: Under = { taking: asked, step: 'first', failed: false, timer: undefined };
    this.#under.set(asked.name, under);
    void this.#run(under);
  }

  /** The database answers again: what failed is tried at once. */
  retry(): void {
    for (const under of this.#under.values()) {
      if (!under.failed) continue;
      under.timer?.cancel();
      void this.#run(under);
    }
  }

  [Symbol.dispose](): void {
    this.#stopped = true;
    for (const { timer } of this.#under.values()) timer?.cancel();
    this.#under.clear();
  }

  async #run(under: Under): Promise<void> {
    const { taking } = under;
    under.failed = false;
    try {
      await taking[under.step]();
    } catch (error) {
      if (this.#under.get(taking.name) !== under) return;
      this.#ports.notices.tell(taking.notice, faultOf(error));
      under.failed = true;
      this.#runIn(under, RETRY_MS);
      return;
    }
    if (this.#under.get(taking.name) !== under) return;
    if (under.step === 'later') {
      this.#under.delete(taking.name);
      return;
    }
    under.step = 'later';
    this.#runIn(under, LATER_MS);
  }

  #runIn(under: Under, milliseconds: number): void {
    under.timer = this.#ports.clock.setTimeout(() => void this.#run(under), milliseconds);
  }
}
