/** What a check says of a value: which word of the schema it is against, and where. */
export interface SchemaError {
  readonly keyword: string;
  readonly instancePath: string;
  readonly message: string;
  readonly params: unknown;
}

interface Params {
  readonly type?: string;
  readonly format?: string;
  readonly limit?: number;
  readonly comparison?: string;
  readonly allowedValues?: readonly unknown[];
  readonly allowedValue?: unknown;
}

const formats: Readonly<Record<string, string>> = {
  uuid: 'must be a UUID',
  'date-time': 'must be an ISO 8601 date-time',
  url: 'must be an absolute address',
};

/** The reasons by keyword, in words of whoever sent the value: he has no schema before him. */
const reasons: Readonly<Record<string, (params: Params) => string>> = {
  type: ({ type }) => `must be ${type}`,
  enum: ({ allowedValues = [] }) => `must be one of ${allowedValues.join(', ')}`,
  const: ({ allowedValue }) => `must be ${JSON.stringify(allowedValue)}`,
  format: ({ format = '' }) => formats[format] ?? `must be of the form ${format}`,
  pattern: () => 'has characters, or a form, that it cannot have',
  minLength: ({ limit }) => `must have at least ${limit} characters`,
  maxLength: ({ limit }) => `must not have more than ${limit} characters`,
  minimum: ({ limit }) => `must be >= ${limit}`,
  maximum: ({ limit }) => `must be <= ${limit}`,
  minItems: ({ limit }) => `must have at least ${limit} entries`,
  maxItems: ({ limit }) => `must not have more than ${limit} entries`,
  uniqueItems: () => 'must not have an entry twice',
  minProperties: ({ limit }) => `must have at least ${limit} fields`,
  maxProperties: ({ limit }) => `must not have more than ${limit} fields`,
  additionalProperties: () => 'is not known here',
  boolean: () => 'is not known here',
};

/** The reason of one complaint; undefined where others at the same place say it all. */
export function reasonOf(error: SchemaError, others: readonly SchemaError[]): string | undefined {
  const { keyword, instancePath } = error;
  const same = others.filter((other) => other !== error && other.instancePath === instancePath);
  const inside = others.some((other) => other !== error && other.instancePath.startsWith(instancePath));
  if (keyword === 'anyOf') return inside ? undefined : 'is none of what it can be';
  // What has a wrong type is not of the wrong value besides; and of several types it may have, all are said at once.
  if (keyword === 'type') {
    const types = [error, ...same].filter((other) => other.keyword === 'type').map(({ params }) => typeIn(params));
    const apart = same.some((other) => other.keyword !== 'type' && other.keyword !== 'anyOf');
    if (apart && types.every((type) => type === 'null')) return undefined;
    return `must be ${[...new Set(types.toSorted())].join(' or ')}`;
  }
  const wrongType = same.some((other) => other.keyword === 'type' && typeIn(other.params) !== 'null');
  if (keyword === 'enum' && wrongType) return undefined;
  return reasons[keyword]?.(error.params as Params) ?? 'is not allowed here';
}

function typeIn(params: unknown): string {
  return (params as Params).type ?? 'something else';
}
