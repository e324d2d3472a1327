#!/usr/bin/env node
/** The oldest Node that has what Molva uses, as `engines` of the package says. */
const OLDEST = 24;

if (Number(process.versions.node.split('.')[0]) < OLDEST) {
  process.stderr.write(
    `Molva needs Node ${OLDEST} or newer, and this is ${process.versions.node}. A clone brings its own: npm start, or npx molva.\n`,
  );
  process.exitCode = 1;
} else {
  // Loaded only now: an older Node could not read what it imports.
  const { runCommand } = await import('./command.ts');
  process.exitCode = await runCommand(process.argv.slice(2), process.env, process.stdout);
}
