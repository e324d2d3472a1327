/** Rules of the house that no general linter knows. Each message says why, and what to do instead. */

const eventNames = new Set([
  'showTypingIndicator',
  'chatMessageCreated',
  'chatMessageEdited',
  'chatMessageDeleted',
  'chatMessageRead',
  'operatorChanged',
  'sessionClosed',
]);

/** Files that may name what others must not. */
const mayKnowTime =
  /packages\/server\/src\/(platform|command\.ts|app\.ts)|packages\/sdk\/src\/environment\.ts|packages\/centrifuge-server\/src\/(server|connection)\.ts|packages\/start-page\//;
const mayKnowEnvironment =
  /packages\/server\/src\/(main|command)\.ts|packages\/server\/src\/platform\/(config|postgres)/;
const mayWriteEvents = /packages\/(contract|sdk)\/src\//;

function pathOf(context) {
  return (context.filename ?? context.getFilename()).replaceAll('\\', '/');
}

function rule(message, visit) {
  return {
    meta: { type: 'problem', schema: [] },
    create: (context) => visit(pathOf(context), (node) => context.report({ node, message })),
  };
}

function member(node, object, property) {
  return node.object?.type === 'Identifier' && node.object.name === object && node.property?.name === property;
}

export default {
  meta: { name: 'molva' },
  rules: {
    'no-select-star': rule(
      'SELECT of * breaks when a column is added by a newer node during an upgrade: name the columns.',
      (_path, report) => {
        const check = (node, text) => /\bselect\s+\*/i.test(text) && report(node);
        return {
          Literal: (node) => typeof node.value === 'string' && check(node, node.value),
          TemplateElement: (node) => check(node, node.value.raw),
        };
      },
    ),
    'no-wire-literals': rule(
      'Names of the wire are written once, in the contract: use EventName, so that a rename cannot miss a place.',
      (path, report) => ({
        Literal: (node) => !mayWriteEvents.test(path) && eventNames.has(node.value) && report(node),
      }),
    ),
    'no-ambient-environment': rule(
      'The environment is read in one place, platform/config.ts, where every variable has a type, a default and help.',
      (path, report) => ({
        MemberExpression: (node) => !mayKnowEnvironment.test(path) && member(node, 'process', 'env') && report(node),
      }),
    ),
    'no-ambient-time': rule(
      'Time, ids and randomness come through ports (Clock, Ids), so that tests own them: take them as parameters.',
      (path, report) => {
        if (mayKnowTime.test(path)) return {};
        return {
          MemberExpression: (node) =>
            (member(node, 'Date', 'now') || member(node, 'Math', 'random') || member(node, 'crypto', 'randomUUID')) &&
            !path.includes('packages/sdk/src/') &&
            report(node),
          CallExpression: (node) => ['setTimeout', 'setInterval'].includes(node.callee.name) && report(node),
        };
      },
    ),
    'no-inner-door': rule(
      'index.ts is the door for those outside: inside, import the file itself, or cycles follow.',
      (path, report) => ({
        ImportDeclaration: (node) => node.source.value === './index.ts' && !path.endsWith('.test.ts') && report(node),
      }),
    ),
  },
};
