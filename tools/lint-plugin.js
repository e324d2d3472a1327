// By its source: what is linted need not be built.
import { EventName } from '../packages/contract/src/events.ts';

/** Rules of the house that no general linter knows. Each message says why, and what to do instead. */

const eventNames = new Set(Object.keys(EventName));

/** Files that may name what others must not: where a port gets its default, and pages, which nothing is injected into. */
const mayKnowTime =
  /packages\/(server\/src\/(platform\/|(command|way-down|composition\/listening)\.ts$)|sdk\/src\/(environment|chat|engine|outgoing)\.ts$|centrifuge-server\/src\/(server|connection)\.ts$|start-page\/)/;
const mayKnowEnvironment = /packages\/server\/src\/((main|command)\.ts$|platform\/(config|postgres))/;
// The SDK takes types alone from the contract: the compiler checks the names it compares with.
const mayWriteEvents = /packages\/(contract|sdk)\/src\//;

const ambientMembers = {
  Date: ['now'],
  Math: ['random'],
  crypto: ['randomUUID', 'getRandomValues'],
  performance: ['now'],
};
const ambientTimers = ['setTimeout', 'setInterval'];
const ambientImports = {
  'node:crypto': ['randomUUID', 'randomBytes', 'randomInt', 'randomFillSync'],
  'node:timers': ambientTimers,
  'node:timers/promises': ambientTimers,
};

function pathOf(context) {
  return (context.filename ?? context.getFilename()).replaceAll('\\', '/');
}

function rule(message, visit) {
  return {
    meta: { type: 'problem', schema: [] },
    create: (context) => visit(pathOf(context), (node) => context.report({ node, message })),
  };
}

const globalObjects = ['globalThis', 'window', 'self'];

/** The name of a property, written with a dot or in brackets. */
function propertyOf(node) {
  return node.computed ? node.property?.value : node.property?.name;
}

/** The global a node names, alone or through the global object. */
function globalOf(node) {
  if (node?.type === 'Identifier') return node.name;
  const throughGlobal = node?.type === 'MemberExpression' && globalObjects.includes(node.object?.name);
  return throughGlobal ? propertyOf(node) : undefined;
}

function imported(node, names) {
  return node.specifiers.some(({ imported: from }) => names?.includes(from?.name));
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
      (path, report) => {
        if (mayWriteEvents.test(path)) return {};
        return {
          Literal: (node) => eventNames.has(node.value) && report(node),
          TemplateElement: (node) => eventNames.has(node.value.cooked) && report(node),
        };
      },
    ),
    'no-ambient-environment': rule(
      'The environment is read in one place, platform/config.ts, where every variable has a type, a default and help.',
      (path, report) => {
        if (mayKnowEnvironment.test(path)) return {};
        return {
          MemberExpression: (node) => globalOf(node.object) === 'process' && propertyOf(node) === 'env' && report(node),
          ImportDeclaration: (node) => node.source.value === 'node:process' && imported(node, ['env']) && report(node),
        };
      },
    ),
    'no-ambient-time': rule(
      'Time, ids and randomness come through ports (Clock, Ids), so that tests own them: take them as parameters.',
      (path, report) => {
        if (mayKnowTime.test(path)) return {};
        return {
          MemberExpression: (node) => ambientMembers[globalOf(node.object)]?.includes(propertyOf(node)) && report(node),
          CallExpression: (node) => ambientTimers.includes(globalOf(node.callee)) && report(node),
          NewExpression: (node) => globalOf(node.callee) === 'Date' && node.arguments.length === 0 && report(node),
          ImportDeclaration: (node) => imported(node, ambientImports[node.source.value]) && report(node),
        };
      },
    ),
    'no-inner-door': rule(
      'index.ts is the door for those outside: inside, import the file itself, or cycles follow.',
      (path, report) => {
        if (path.endsWith('.test.ts')) return {};
        const check = (node) => /^\.\.?\/(\.\.\/)*index\.ts$/.test(node.source?.value ?? '') && report(node);
        return { ImportDeclaration: check, ExportNamedDeclaration: check, ExportAllDeclaration: check };
      },
    ),
  },
};
