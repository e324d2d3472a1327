import type { FirstAdmin } from './modules/iam/index.ts';

/**
 * What a start says: where to go, and the password that is shown this once.
 * @param named whether `MOLVA_ADMIN_PASSWORD` is set
 */
export function welcome(
  url: string,
  admin: FirstAdmin | undefined,
  database: 'embedded' | 'external',
  named: boolean,
): string {
  const lines = [
    '',
    `  Molva is running (${database} database).`,
    '',
    `  Chat and wire   ${url}/`,
    `  API             ${url}/docs`,
    '',
  ];
  if (admin !== undefined) {
    lines.push(`  Administrator   ${admin.email}`);
    lines.push(
      admin.generated ? `  Password        ${admin.password}   (shown this once)` : '  Password        the one you set',
    );
    lines.push('');
  } else if (named) {
    lines.push('  MOLVA_ADMIN_PASSWORD is for the first start on an empty database: passwords are as they were.');
    lines.push('  Another one is given by: molva user password EMAIL');
    lines.push('');
  }
  return [...lines, '  Stop with Ctrl-C.', '', ''].join('\n');
}
