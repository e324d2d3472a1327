import type { Attachment } from '@molva/contract';

/** What reaches a bot. */
export type BotInput =
  | { readonly kind: 'start'; readonly nodeId?: string; readonly message?: BotUserMessage }
  | { readonly kind: 'message'; readonly message: BotUserMessage }
  | { readonly kind: 'resume' }
  | { readonly kind: 'timeout' }
  | { readonly kind: 'operatorNotFound' };

/** A client's message as a bot sees it. */
export interface BotUserMessage {
  readonly id: string;
  readonly text: string;
  readonly attachments: readonly Attachment[];
}
