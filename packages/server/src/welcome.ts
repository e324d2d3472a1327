import type { FirstAdmin } from './modules/iam/index.ts';

/** What a start says: where to go, and the password that is shown this once. */
export function welcome(url: string, admin: FirstAdmin | undefined, database: 'embedded' | 'external'): string {
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
  }
  return [...lines, '  Stop with Ctrl-C.', '', ''].join('\n');
}
