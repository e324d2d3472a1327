import { wireDate, type Bot, type BotListItem, type Fact } from '@molva/contract';
import type { FactRow } from './fact-store.ts';
import { DEFAULT_MAX_CYCLES, scalarOf, type ScenarioProblem, type ScenarioSettings } from './scenario/index.ts';
import type { BotListRow, BotRow } from './store.ts';
import { wireDateOrNull } from '../../platform/instant.ts';

/** Who may use a bot: all of a company, always. */
export const ACCESS_TYPE = 'COMPANY';

/** A bot in the list. Fields of the documented platform that have no meaning here keep their type. */
export function botListItem(row: BotListRow): BotListItem {
  return {
    id: row.id,
    name: row.name,
    companyId: row.company_id,
    accessType: ACCESS_TYPE,
    language: row.language,
    solver: row.kind,
    copyingInProgress: false,
    copyingNluAgentCompleted: true,
    copyingMediaCompleted: true,
    viewDetails: [],
    createdAt: wireDate(row.created_at),
    updatedAt: wireDate(row.updated_at),
    updatedBy: row.updated_by ?? 0,
    deletedAt: wireDateOrNull(row.deleted_at),
  };
}

/**
 * A bot in detail, with the scenario as it was stored, or its webhook without the secret. Addresses of webhooks hold
 * secrets of their own: administrators alone see them.
 * @param advice what looks like a mistake in the scenario
 */
export function botView(row: BotRow, advice: readonly ScenarioProblem[], forAdmin: boolean): Bot {
  const settings = (row.scenario?.['settings'] ?? {}) as ScenarioSettings;
  const { webhook } = row;
  return {
    ...botListItem(row),
    debugEnabled: false,
    disableNormalization: false,
    currentNodeId: null,
    maxRepeatCount: settings.maxRepeatCount ?? 0,
    phraseMeasuringDisabled: false,
    defaultNodeId: settings.defaultNodeId ?? null,
    clientTimeout: settings.clientTimeout ?? 0,
    maxCycleCount: settings.maxCycleCount ?? DEFAULT_MAX_CYCLES,
    nodes: [],
    variableFormatters: [],
    scenario: row.scenario,
    warnings: advice.map(({ block, field, reason }) => ({ block, field, reason })),
    webhook: webhook && { url: forAdmin ? webhook.url : '', answerTimeout: webhook.answerTimeout },
  };
}

/** A fact as it is answered. */
export function factView(row: FactRow): Fact {
  return {
    id: row.id,
    botId: row.bot_id,
    clientId: row.client_id,
    context: row.context,
    name: row.name,
    value: scalarOf(row.value),
    createdAt: wireDate(row.created_at),
    updatedAt: wireDate(row.updated_at),
  };
}
