/** What is asked at a time, and how often at once: one that is slow holds nobody up alone. */
const MOST = 256;
const UNDER_WAY = 2;

/** A question that waits, and how much of a whole it is. */
interface Asked<Question, Answer> {
  readonly question: Question;
  readonly weight: number;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Asks together what is asked while answers are awaited. Where nothing is under way a question goes at once, alone; none
 * joins one that is under way already. What fails, fails for all that asked together.
 */
export class Together<Question, Answer> {
  readonly #answer: (questions: readonly Question[]) => Promise<readonly Answer[]>;
  readonly #waiting: Asked<Question, Answer>[] = [];
  #underWay = 0;

  /** `answer` gives an answer to each of some questions, in their order. */
  constructor(answer: (questions: readonly Question[]) => Promise<readonly Answer[]>) {
    this.#answer = answer;
  }

  /** Asks a question of a weight; those that go together weigh at most so much. */
  ask(question: Question, weight = 1): Promise<Answer> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ question, weight, resolve, reject });
      if (this.#underWay < UNDER_WAY) void this.#go();
    });
  }

  async #go(): Promise<void> {
    this.#underWay++;
    while (this.#waiting.length > 0) {
      const asked = this.#next();
      try {
        const answers = await this.#answer(asked.map(({ question }) => question));
        asked.forEach(({ resolve }, index) => resolve(answers[index] as Answer));
      } catch (error) {
        for (const { reject } of asked) reject(error);
      }
    }
    this.#underWay--;
  }

  #next(): Asked<Question, Answer>[] {
    let weight = 0;
    const beyond = this.#waiting.findIndex((asked) => (weight += asked.weight) > MOST);
    return this.#waiting.splice(0, beyond < 0 ? this.#waiting.length : Math.max(1, beyond));
  }
}
