import { isList, type Operation } from '@molva/contract';
import { kinds, reachOf, type Kind, type Reach } from './kinds.ts';

/** Columns of the page. */
const titles: Readonly<Record<Kind, string>> = {
  nobody: 'nobody',
  'another client': 'other client',
  'the holder': 'holder',
  'API key': 'key',
  operator: 'operator',
  supervisor: 'supervisor',
  administrator: 'administrator',
  reseller: 'reseller',
  'another company': 'other company',
};

const words: Readonly<Record<Reach, string>> = { all: 'yes', own: 'own', none: '', elsewhere: '' };

/** The tables of the page, one for each of the parts the calls are documented in, with a line for each call. */
export function reachTables(operations: readonly Operation[]): string {
  const tags = [...new Set(operations.map(({ tag }) => tag))];
  return tags
    .map((tag) => {
      const lines = operations.filter((operation) => operation.tag === tag).map(lineOf);
      return `### ${tag}\n\n${table(['call', ...kinds.map((kind) => titles[kind])], lines)}`;
    })
    .join('\n');
}

function lineOf(operation: Operation): string[] {
  const { method, path, access } = operation;
  const call = `\`${method} ${path}\`${isList(operation) ? ' (list)' : ''}`;
  const input = access === 'credentials' ? 'by proof' : undefined;
  return [call, ...kinds.map((kind) => input ?? words[reachOf(kind, operation) ?? 'none'])];
}

function table(head: readonly string[], lines: readonly (readonly string[])[]): string {
  const all = [head, ...lines];
  const widths = head.map((_, column) => Math.max(3, ...all.map((line) => (line[column] ?? '').length)));
  const row = (cells: readonly string[]): string =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |\n`;
  return `${row(head)}${row(widths.map((width) => '-'.repeat(width)))}${lines.map(row).join('')}`;
}
