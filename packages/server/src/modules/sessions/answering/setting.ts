import type { ChatRecord } from '../../chats/index.ts';
import type { Ids } from '../../../platform/ids.ts';
import type { Notices } from '../../../platform/notices.ts';
import type { BotSource } from '../state/bot-port.ts';
import type { OperatorSource } from '../state/operator-port.ts';

/** Who can answer in a session. */
export interface AnswerPorts {
  readonly ids: Ids;
  readonly bots: BotSource;
  readonly operators: OperatorSource;
  /** What nobody would see of bots otherwise. */
  readonly notices: Pick<Notices, 'tell'>;
}

/** The rules a step of a session goes by. */
export interface StepSetting extends AnswerPorts {
  readonly chat: ChatRecord;
  /** Whether what the bot says is sent to the session's callback address too. */
  readonly callBack: boolean;
}
