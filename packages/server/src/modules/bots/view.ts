import { wireDate, type Bot, type BotListItem } from '@molva/contract';
import type { BotRow } from './store.ts';

/** A bot in the list. Fields of the documented platform that have no meaning here keep their type. */
export function botListItem(row: BotRow): BotListItem {
  return {
    id: row.id,
    name: row.name,
    companyId: row.company_id,
    accessType: 'COMPANY',
    language: row.language,
    solver: row.kind,
    copyingInProgress: false,
    copyingNluAgentCompleted: true,
    copyingMediaCompleted: true,
    viewDetails: [],
    createdAt: wireDate(row.created_at),
    updatedAt: wireDate(row.updated_at),
    updatedBy: row.updated_by ?? 0,
    deletedAt: row.deleted_at === null ? null : wireDate(row.deleted_at),
  };
}

/** A bot in detail, with the scenario as it was stored. */
export function botView(row: BotRow): Bot {
  const settings = row.scenario['settings'] as { maxCycleCount?: number } | undefined;
  return {
    ...botListItem(row),
    debugEnabled: false,
    disableNormalization: false,
    currentNodeId: null,
    maxRepeatCount: 0,
    phraseMeasuringDisabled: false,
    defaultNodeId: null,
    clientTimeout: 0,
    maxCycleCount: settings?.maxCycleCount ?? 100,
    nodes: [],
    variableFormatters: [],
    scenario: row.scenario,
  };
}
