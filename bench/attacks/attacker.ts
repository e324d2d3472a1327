import { attacks, type AttackName, type Target } from './attempts.ts';

/** One attack in a process of its own, which goes on until it is ended. */
const [name, target] = process.argv.slice(2) as [AttackName, string];
process.on('SIGTERM', () => process.exit(0));
process.stdout.write('begun\n');
await attacks[name](JSON.parse(target) as Target);
