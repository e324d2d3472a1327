import type { Database } from '../../platform/database.ts';
import { runSql } from '../rows.ts';

/** What is in each table: how many rows, and a sum over what they say. */
export type Stored = Readonly<Record<string, string>>;

/** Tables that are written on purpose when a call is refused, and by a process that only runs. */
const APART = ['nodes', 'audit_log', 'login_failures', 'molva_migrations'];
/** When a key was used is no matter of what it reached. */
const ASIDE = ['last_used_at'];

/** Reads what is stored, of a company or of all. */
export type ReadStored = (companyId?: number) => Promise<Stored>;

/** Reads what all tables hold, of one company alone where it is named and the table knows companies. */
export async function storedReader(database: Database): Promise<ReadStored> {
  const tables = await runSql<{ name: string; scoped: boolean }>(
    database,
    `select table_name as name, bool_or(column_name = 'company_id') as scoped
      from information_schema.columns join information_schema.tables using (table_schema, table_name)
      where table_schema = 'public' and table_type = 'BASE TABLE' and not table_name = any($1)
      group by table_name order by table_name`,
    [APART],
  );
  const statement = (of: typeof tables, where: string): string =>
    of
      .map(
        ({ name }) =>
          `select '${name}' as name, count(*) || ' rows, ' ||
            coalesce(sum(hashtextextended((to_jsonb(row) - $1::text[])::text, 0)), 0) as holds
            from ${name} row ${where}`,
      )
      .join(' union all ');
  const whole = statement(tables, '');
  const scoped = statement(
    // What is due comes due meanwhile.
    tables.filter(({ name, scoped: knowsCompanies }) => knowsCompanies && name !== 'due'),
    'where company_id = $2',
  );
  return async (companyId) => {
    const rows = await runSql<{ name: string; holds: string }>(
      database,
      companyId === undefined ? whole : scoped,
      companyId === undefined ? [ASIDE] : [ASIDE, companyId],
    );
    return Object.fromEntries(rows.map(({ name, holds }) => [name, holds]));
  };
}

/** The tables in which two readings differ. */
export function written(before: Stored, after: Stored): string[] {
  return Object.keys(before).filter((name) => before[name] !== after[name]);
}
