import {
  wireDate,
  type ApiKey,
  type AuditEntry,
  type Company,
  type CurrentUser,
  type Role,
  type User,
  type UserListItem,
} from '@molva/contract';
import { wireDateOrNull } from '../../platform/instant.ts';
import type { ApiKeyRow } from './api-key-store.ts';
import type { AuditRow } from './audit.ts';
import { auditedBody } from './audited-body.ts';
import type { CompanyRow } from './company-store.ts';
import { personName } from './person-name.ts';
import { settingDefinitions } from './setting-definitions.ts';
import type { UserRow } from './user-store.ts';
import { seesSettings, type Viewer } from './visibility.ts';

/** A user as a viewer sees it: settings of others are for administrators. */
function common(row: UserRow, viewer: Viewer) {
  return {
    id: row.id,
    companyId: row.company_id,
    firstName: row.first_name,
    lastName: row.last_name,
    middleName: row.middle_name,
    email: row.email,
    phone: row.phone,
    roles: row.roles.map((name) => ({ name: name as Role, company_id: row.company_id })),
    settings: seesSettings(viewer, row.id) ? { ...settingDefinitions, ...row.settings } : {},
    blockedAt: wireDateOrNull(row.blocked_at),
  };
}

/** A user as the wire has it: strings are never null but the phone. */
export function userView(row: UserRow, viewer: Viewer): User {
  return { ...common(row, viewer), avatar: null };
}

/** The user behind a token or key and the operator it is, in one, with the roles it has in this call. */
export function currentUserView(row: UserRow, viewer: Viewer, groupIds: string[]): CurrentUser {
  return {
    ...userView({ ...row, roles: [...viewer.roles] }, viewer),
    operatorId: String(row.id),
    operatorName: personName(row),
    operatorStatus: row.operator_status,
    online: row.operator_status === 'ONLINE',
    groupIds,
  };
}

/** A user in the list. */
export function userListItem(row: UserRow, viewer: Viewer): UserListItem {
  return {
    ...common(row, viewer),
    companyName: row.company_name,
    online: row.operator_status === 'ONLINE',
    operatorStatus: row.operator_status,
    resellerId: row.reseller_id,
    resellerName: row.reseller_name,
  };
}

/** A company. */
export function companyView(row: CompanyRow): Company {
  return {
    id: row.id,
    name: row.name,
    resellerId: row.reseller_id,
    resellerName: row.reseller_name,
    createdAt: wireDate(row.created_at),
  };
}

/** An API key: never the key itself. */
export function apiKeyView(row: ApiKeyRow): ApiKey {
  return {
    id: row.id,
    name: row.name,
    userId: row.user_id,
    roles: row.roles as Role[],
    prefix: row.prefix,
    createdAt: wireDate(row.created_at),
    expiresAt: wireDateOrNull(row.expires_at),
    lastUsedAt: wireDateOrNull(row.last_used_at),
  };
}

/** An entry of the audit log. */
export function auditView(row: AuditRow): AuditEntry {
  return {
    id: row.id,
    createdAt: wireDate(row.created_at),
    userId: row.user_id,
    userName: row.user_name,
    apiKeyId: row.api_key_id,
    operation: row.operation,
    target: row.target,
    // Earlier versions kept what is no longer written down.
    body: auditedBody(row.body),
    status: row.status,
    address: row.address,
  };
}
