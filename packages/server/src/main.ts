#!/usr/bin/env node
import module from 'node:module';
import { fileURLToPath } from 'node:url';

/** The oldest Node that has what Molva uses, as `engines` of the package says. */
const OLDEST = 24;

if (Number(process.versions.node.split('.')[0]) < OLDEST) {
  process.stderr.write(
    `Molva needs Node ${OLDEST} or newer, and this is ${process.versions.node}. A clone brings its own: npm start, or npx molva.\n`,
  );
  process.exitCode = 1;
} else {
  // Beside the code, whose owner decides what runs, and nowhere that others may write. Where this user may not, there is none.
  module.enableCompileCache(fileURLToPath(new URL('../dist/.compiled', import.meta.url)));
  // Loaded only now: an older Node could not read what it imports.
  const { runCommand } = await import('./command.ts');
  process.exitCode = await runCommand(process.argv.slice(2), process.env, process.stdout);
}
