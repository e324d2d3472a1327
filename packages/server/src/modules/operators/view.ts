import { wireDate, type Group } from '@molva/contract';
import type { GroupRow } from './store.ts';

/** A group as it is answered. */
export function groupView(row: GroupRow): Group {
  return {
    id: row.id,
    name: row.name,
    timerFirstAnswer: row.timer_first_answer,
    timerNextAnswers: row.timer_next_answers,
    operatorIds: row.operator_ids,
    createdAt: wireDate(row.created_at),
    updatedAt: wireDate(row.updated_at),
  };
}
