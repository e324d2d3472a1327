import { Type } from 'typebox';
import {
  ApiKey,
  ApiKeyCreated,
  AuditEntry,
  Company,
  CompanyCreated,
  CreateApiKeyBody,
  CreateCompanyBody,
  Settings,
  SettingsChange,
  UpdateCompanyBody,
} from '../iam.ts';
import { ListOf, listQuery } from '../lists.ts';
import { defineOperation } from '../operation.ts';
import { Empty, Instant, IntegerId, SpanEnd, Uuid } from '../primitives.ts';

const ofCompany = Type.Object({ companyId: IntegerId });

/** The caller's company and those that depend on it. */
export const listCompanies = defineOperation({
  id: 'listCompanies',
  service: 'iam',
  method: 'GET',
  path: '/companies',
  tag: 'Companies',
  summary: 'List the own company and those that depend on it',
  access: 'user',
  query: Type.Object({ ...listQuery, name: Type.Optional(Type.String({ maxLength: 255 })) }),
  answers: { 200: ListOf(Company) },
});

/** One company. */
export const getCompany = defineOperation({
  id: 'getCompany',
  service: 'iam',
  method: 'GET',
  path: '/companies/{companyId}',
  tag: 'Companies',
  summary: 'Read a company',
  access: 'user',
  params: ofCompany,
  answers: { 200: Company },
  errors: ['entity-not-found'],
});

/** A company that depends on the caller's. */
export const createCompany = defineOperation({
  id: 'createCompany',
  service: 'iam',
  method: 'POST',
  path: '/companies',
  tag: 'Companies',
  summary: 'Create a dependent company with its first administrator',
  access: 'admin',
  body: CreateCompanyBody,
  answers: { 201: CompanyCreated },
  errors: ['email-taken', 'cap-reached'],
  example: { name: 'Branch office', admin: { email: 'admin@branch.example', password: 'correct horse battery' } },
});

/** Changes a company. */
export const updateCompany = defineOperation({
  id: 'updateCompany',
  service: 'iam',
  method: 'PATCH',
  path: '/companies/{companyId}',
  tag: 'Companies',
  summary: 'Rename a company',
  access: 'admin',
  params: ofCompany,
  body: UpdateCompanyBody,
  answers: { 204: Empty },
  errors: ['entity-not-found'],
  example: { name: 'Head office' },
});

/** The settings of a company. */
export const getCompanySettings = defineOperation({
  id: 'getCompanySettings',
  service: 'iam',
  method: 'GET',
  path: '/companies/{companyId}/settings',
  tag: 'Settings',
  summary: 'Read the settings of a company',
  access: 'admin',
  params: ofCompany,
  query: Type.Object({
    keys: Type.Optional(
      Type.Array(Type.String({ maxLength: 128 }), { maxItems: 200, description: 'names of the settings to answer' }),
    ),
  }),
  answers: { 200: Settings },
  errors: ['entity-not-found'],
});

/** Changes the settings of a company. */
export const setCompanySettings = defineOperation({
  id: 'setCompanySettings',
  service: 'iam',
  method: 'PATCH',
  path: '/companies/{companyId}/settings',
  tag: 'Settings',
  summary: 'Change the settings of a company; null removes one',
  access: 'admin',
  params: ofCompany,
  body: SettingsChange,
  answers: { 204: Empty },
  errors: ['entity-not-found', 'data-too-large'],
  example: { settings: { 'cis.webhooks.incomingCall': 'https://crm.example/calls' } },
});

/** The API keys of the company. */
export const listApiKeys = defineOperation({
  id: 'listApiKeys',
  service: 'iam',
  method: 'GET',
  path: '/apikeys',
  tag: 'API keys',
  summary: 'List the API keys of the company',
  access: 'admin',
  query: Type.Object({ ...listQuery, userId: Type.Optional(IntegerId) }),
  answers: { 200: ListOf(ApiKey) },
});

/** A key for a back end. */
export const createApiKey = defineOperation({
  id: 'createApiKey',
  service: 'iam',
  method: 'POST',
  path: '/apikeys',
  tag: 'API keys',
  summary: 'Create an API key; it is shown this once',
  access: 'admin',
  body: CreateApiKeyBody,
  answers: { 201: ApiKeyCreated },
  errors: ['entity-not-found', 'cap-reached'],
  example: { name: 'Shop back end', roles: ['API'] },
});

/** Ends a key at once. */
export const deleteApiKey = defineOperation({
  id: 'deleteApiKey',
  service: 'iam',
  method: 'DELETE',
  path: '/apikeys/{apiKeyId}',
  tag: 'API keys',
  summary: 'Delete an API key; it ends at once',
  access: 'admin',
  params: Type.Object({ apiKeyId: Uuid }),
  answers: { 204: Empty },
  errors: ['entity-not-found'],
});

/** Every administrative change. */
export const listAudit = defineOperation({
  id: 'listAudit',
  service: 'iam',
  method: 'GET',
  path: '/audit',
  tag: 'Companies',
  summary: 'List the administrative changes and the logins of the company, newest first',
  access: 'admin',
  query: Type.Object({
    ...listQuery,
    userId: Type.Optional(IntegerId),
    operation: Type.Optional(Type.String({ maxLength: 64 })),
    from: Type.Optional(Instant),
    to: Type.Optional(SpanEnd),
  }),
  answers: { 200: ListOf(AuditEntry) },
});
