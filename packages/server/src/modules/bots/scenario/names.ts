import { expressionNames } from './expression.ts';
import type { Block } from './schema.ts';
import { templateNames } from './template.ts';

/** Names of the variables and functions that a block's texts and expressions mention. */
export function namesIn(block: Block): string[] {
  const texts = ['text' in block ? (block.text ?? '') : '', 'announcement' in block ? (block.announcement ?? '') : ''];
  const expressions =
    'values' in block
      ? Object.values(block.values)
      : block.type === 'condition'
        ? block.branches.map(({ when }) => when)
        : [];
  return [...texts.flatMap(templateNames), ...expressions.flatMap(expressionNames)];
}
