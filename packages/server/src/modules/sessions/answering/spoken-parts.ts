import type { Clock, Timer } from '../../../platform/clock.ts';
import type { SpokenPart } from '../state/bot-port.ts';
import { openQuestion } from '../state/floor.ts';
import { SpokenText } from './spoken-text.ts';
import type { StepRunner } from './step-runner.ts';

/** Parts are this far apart: eight a second and the last, which waits for nobody, are within the ten there may be. */
const APART_MS = 125;

/**
 * Shows what a bot elsewhere says while it is at its answer, as passing events of steps that write nothing: they run in
 * the session's own order, so that nothing is shown of a question that is no longer the open one.
 */
export class SpokenParts implements Disposable {
  readonly #runner: StepRunner;
  readonly #clock: Clock;
  readonly #sessionId: string;
  /** The id of the question, and of the message that is being said. */
  readonly #id: string;
  readonly #said = new SpokenText();
  #begun = false;
  #ended = false;
  /** Being shown, or shown so lately that the next has to wait. */
  #busy = false;
  #timer: Timer | undefined;

  constructor(runner: StepRunner, clock: Clock, sessionId: string, questionId: string) {
    this.#runner = runner;
    this.#clock = clock;
    this.#sessionId = sessionId;
    this.#id = questionId;
  }

  /** Takes a piece; nothing once the answer is there. */
  emit(part: SpokenPart): void {
    if (this.#ended) return;
    this.#begun = true;
    this.#said.add(part);
    this.#showNext();
  }

  /** Shows what is left as the last part, where there were any. */
  async finish(): Promise<void> {
    this[Symbol.dispose]();
    if (this.#begun) await this.#show(true);
  }

  [Symbol.dispose](): void {
    this.#ended = true;
    this.#timer?.cancel();
  }

  #showNext(): void {
    if (this.#busy || this.#said.empty) return;
    this.#busy = true;
    void this.#show(false).then(() => {
      if (this.#ended) return;
      this.#timer = this.#clock.setTimeout(() => {
        this.#busy = false;
        this.#showNext();
      }, APART_MS);
    });
  }

  /** A part that cannot be shown is no reason to lose the answer. */
  async #show(done: boolean): Promise<void> {
    const show = this.#runner.run(this.#sessionId, (draft) => {
      if (openQuestion(draft.session.floor)?.id !== this.#id) return;
      // An end that overtook a part in the queue took its text along.
      if (done || !this.#said.empty) draft.showPart(this.#id, this.#said.take(), done);
    });
    await show.catch(() => undefined);
  }
}
