import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { defineBlock, enterAgain, type Block, type BlockKind } from './block.ts';
import { Arrow, Label } from './fields.ts';
import { blocks } from './index.ts';

const documented = readFileSync(new URL('../../../../../../docs/scenarios.md', import.meta.url), 'utf8');
const kinds: readonly BlockKind[] = Object.values(blocks);
const any = { type: 'any' } as Block;

describe('the table of blocks', () => {
  it('is documented whole and in order, with the fields and the words of each, and nothing else is', () => {
    const [table = ''] = documented.split('\n## Blocks\n')[1]?.split('\n## ') ?? [];
    const rows = [...table.matchAll(/^\| `([\w-]+)`\s*\| (.*?)\s*\| (.*?)\s*\|$/gm)];
    const written = rows.map(([, type, fields = '', words]) => {
      return [type, [...fields.matchAll(/`(\w+)`/g)].map(([, field]) => field), words];
    });
    const unwritten = new Set(['type', 'view']);
    expect(written).toEqual(
      kinds.map(({ type, schema, documentation }) => {
        return [type, Object.keys(schema.properties).filter((field) => !unwritten.has(field)), documentation];
      }),
    );
  });

  it('takes no type without a block, and no block under the name of another', () => {
    const { pause, ...others } = blocks;
    // @ts-expect-error one is missing
    const fewer: typeof blocks = others;
    // @ts-expect-error one is not what it is called
    const confused: typeof blocks = { ...fewer, pause: blocks.end };
    expect(confused.pause).not.toBe(pause);
  });
});

describe(defineBlock, () => {
  const whole = {
    type: 'nothing' as const,
    documentation: 'does nothing',
    fields: { next: Arrow },
    compile: ({ next }: { next: Arrow }) => next,
    enter: (next: Arrow) => next,
    wake: enterAgain,
  };
  const without = <P extends keyof typeof whole>(part: P): Omit<typeof whole, P> => {
    const { [part]: _forgotten, ...others } = whole;
    return others;
  };

  it('takes no block that forgets a part', () => {
    const forgetful = [
      // @ts-expect-error forgets its type
      () => defineBlock(without('type')),
      // @ts-expect-error forgets its documentation
      () => defineBlock(without('documentation')),
      // @ts-expect-error forgets its fields
      () => defineBlock(without('fields')),
      // @ts-expect-error forgets how it is compiled
      () => defineBlock(without('compile')),
      // @ts-expect-error forgets what it does
      () => defineBlock(without('enter')),
      // @ts-expect-error forgets what it hears
      () => defineBlock(without('wake')),
    ];
    expect(forgetful).toHaveLength(Object.keys(whole).length);
    expect(defineBlock(whole).arrows({ ...any, next: 'a' } as Block)).toEqual([['next', 'a']]);
  });

  it('takes no block that goes where no arrow of its schema leads', () => {
    const astray = defineBlock({
      ...whole,
      fields: { next: Label },
      compile: ({ next }) => next,
      // @ts-expect-error a label is no arrow
      enter: (next) => next,
    });
    expect(astray.arrows({ ...any, next: 'a' } as Block)).toEqual([]);
  });
});

describe('the schema of a block', () => {
  const question = {
    type: 'question',
    text: '{x} {{y}} {system.now}',
    answers: ['{z}'],
    variable: 'said',
    branches: [
      { exact: ['a'], next: 'b' },
      { exact: ['c'], next: 'd' },
    ],
    default: 'e',
    timeout: { seconds: 1, next: 'f' },
  };

  it('tells where it leads, its own arrows before those of its parts', () => {
    expect(blocks.question.arrows(question)).toEqual([
      ['default', 'e'],
      ['timeout.next', 'f'],
      ['branches.0.next', 'b'],
      ['branches.1.next', 'd'],
    ]);
    expect(blocks.end.arrows({ type: 'end' })).toEqual([]);
  });

  it('tells the names it uses and sets', () => {
    const none = { reads: [], sets: [], results: [], groups: [] };
    const values = { total: 'number(price) * 2', 'second one': "'{no}'" };
    const set = { type: 'set', values, next: 'a' } as Block;
    const result = { type: 'result', values, next: 'a' } as Block;
    const condition = { type: 'condition', branches: [{ when: 'x > y', next: 'a' }], default: 'a' } as Block;
    const operator = { type: 'operator', group: 'group', announcement: '{x}', notFound: 'a' } as Block;
    expect(blocks.question.names(question)).toEqual({ ...none, reads: ['x', 'system.now'], sets: ['said'] });
    const named = { ...none, reads: ['number', 'price'] };
    expect(blocks.set.names(set)).toEqual({ ...named, sets: ['total', 'second one'] });
    expect(blocks.result.names(result)).toEqual({ ...named, results: ['total', 'second one'] });
    expect(blocks.condition.names(condition)).toEqual({ ...none, reads: ['x', 'y'] });
    expect(blocks.operator.names(operator)).toEqual({ ...none, reads: ['x'], groups: ['group'] });
  });

  it('is made of objects, maps and lists alone: through nothing else is a role looked for', () => {
    const schemas = JSON.stringify(kinds.map(({ schema }) => schema));
    expect(schemas).not.toMatch(/"(anyOf|allOf|oneOf|not|if|prefixItems|\$ref)":|"items":\[/);
  });

  it('tells all of it as JSON, so that an editor elsewhere finds the same', () => {
    const schema = JSON.parse(JSON.stringify(blocks.set.schema)) as unknown;
    expect(schema).toMatchObject({
      properties: { next: { role: 'arrow' }, values: { keys: 'variable', patternProperties: {} } },
    });
  });
});
