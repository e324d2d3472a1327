import type { StartDialogBody } from '@molva/contract';
import { badField, Failure } from '../../../platform/failure.ts';
import type { Draft } from '../state/draft.ts';
import { settling } from '../state/floor.ts';
import type { DialogOptions, HotSession } from '../state/session.ts';

/** What every call of a dialog says about its answer. */
export type Answering = Pick<
  StartDialogBody,
  'returnAnswerAsync' | 'communicationType' | 'callbackUrl' | 'callbackData'
>;

/** Checks what a call says about its answer; the address is the one the dialog has. */
export function checkAnswering(body: Answering, callbackUrl: string | undefined): void {
  if (body.communicationType === 'VOICE') throw new Failure('voice-unsupported');
  if (body.returnAnswerAsync === true && (body.callbackUrl ?? callbackUrl) === undefined) {
    throw badField('callbackUrl', 'is required where returnAnswerAsync is true');
  }
}

/** The last message its caller has in an answer. */
export function told(session: HotSession): number {
  return session.options.dialog?.told ?? 0;
}

/** Notes that everything said so far is in the answer that is about to be given. */
export function settleTold(draft: Draft): void {
  const { options, lastSeq } = draft.session;
  if (options.dialog !== undefined && !settling(draft.session.floor)) {
    draft.set({ options: { ...options, ...dialogWith(options.dialog, { told: lastSeq }) } });
  }
}

/** The dialog's options with a change, ready to be spread over those of its session. */
export function dialogWith(
  dialog: DialogOptions | undefined,
  change: Partial<DialogOptions>,
): { dialog?: DialogOptions } {
  return dialog === undefined ? {} : { dialog: { ...dialog, ...change } };
}
