import { chatOf, type RuleSource } from '../state/chat-of.ts';
import type { Draft } from '../state/draft.ts';
import type { Decide, StepRequest, Steps } from '../state/steps.ts';
import type { TurnWaiter } from './turn-waiter.ts';
import type { StepSetting, TurnPorts } from './turns.ts';

/** Makes up a step with the rules of its session at hand. */
export type DecideBy<T> = (draft: Draft, setting: StepSetting) => Promise<T> | T;

/** Runs steps that need the rules of their session: its chat, its bots, its people. */
export class StepRunner {
  readonly steps: Steps;
  readonly ports: TurnPorts & RuleSource;
  readonly #waiter: TurnWaiter;

  constructor(steps: Steps, ports: TurnPorts & RuleSource, waiter: TurnWaiter) {
    this.#waiter = waiter;
    this.steps = steps;
    this.ports = ports;
  }

  /** Runs a step; what a bot says in it goes to the session's callback address, unless a caller waits for it. */
  run<T>(id: string, decide: DecideBy<T>, request?: StepRequest): Promise<T> {
    const decideBy: Decide<T> = async (draft) => {
      const { bots, operators, ids } = this.ports;
      const chat = await chatOf(draft.session, this.ports);
      const callBack = draft.session.options.dialog?.answersLater ?? !this.#waiter.waitsFor(id);
      return decide(draft, { bots, operators, ids, chat, callBack });
    };
    return this.steps.run(id, decideBy, request);
  }
}
