import type { Command } from '../../modules/sessions/answering/floor/events.ts';
import type { Outcome } from '../../modules/sessions/answering/floor/outcome.ts';
import type { Floor } from '../../modules/sessions/state/floor.ts';

/** What an event came to as a line: `=` for the very floor there was, `!` for a refusal, then the commands in order. */
export function render(before: Floor, outcome: Outcome): string {
  if ('refused' in outcome) return `! ${outcome.refused}`;
  const floor = outcome.floor === before ? '=' : renderFloor(before, outcome.floor);
  return [floor, ...outcome.commands.map(renderCommand)].join(' ');
}

function renderFloor(before: Floor, floor: Floor): string {
  switch (floor.at) {
    case 'bot': {
      const { phase, bot, role } = floor;
      const known = before.at === 'bot' && before.bot.id === bot.id && before.role === role;
      const name = phase.is === 'asking' ? `asking ${phase.inbox.length}` : phase.is;
      return known ? name : `${name} ${bot.id} ${role}`;
    }
    case 'queue':
      return floor.stage.is === 'placing' ? 'placing' : 'queue';
    case 'help':
      return `help ${floor.why}`;
    case 'person':
      return `person ${floor.id} ${floor.by}`;
    case 'closed':
      return `closed ${floor.by}`;
  }
}

function renderCommand(command: Command): string {
  switch (command.do) {
    case 'turn':
      return `turn(${command.input.kind})`;
    case 'begin':
      return `begin(${command.bot.id})`;
    case 'join':
      return `join(${command.person.id})`;
    case 'part':
      return `part(${command.person})`;
    case 'ran':
      return `ran(${command.end})`;
    case 'route':
      return `route(${command.group ?? ''})`;
    case 'house':
    case 'failed':
      return command.do;
  }
}
