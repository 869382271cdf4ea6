// Runs the tests of templates without Google: a list of {kind, code, permissions, scenarios, setup} comes in as JSON,
// a list of each one's failures goes out. check.py reads the templates and calls this.
//
// Beyond what Google's own run does, every call is held against the template's permissions, also where the API is
// mocked, and what the sandbox does not have is not there: no globals, and nothing that needs `new` or `this`.
'use strict';

const { isDeepStrictEqual } = require('node:util');
const vm = require('node:vm');
const { API, REAL, lackOf, plainPermissions } = require('./apis.cjs');

const FORBIDDEN = /\b(new|this|class|async|await|try|catch|throw|function\s*\*|yield|instanceof|typeof|delete|with|eval|arguments)\b|`|\.\.\./;
const OF_THE_LANGUAGE = new Set(['undefined', 'NaN', 'Infinity', 'globalThis']);

class Failed extends Error {}

const failed = (text) => {
  throw new Failed(text);
};
const shown = (value) => {
  const text = JSON.stringify(value, (_, inner) => (typeof inner === 'function' ? '(function)' : inner));
  return text === undefined ? String(value) : text;
};
// Objects of the sandbox have other prototypes than ours.
const plain = (value) => {
  if (Array.isArray(value)) return Array.from(value, plain);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, plain(inner)]));
};
const isSame = (one, other) => isDeepStrictEqual(plain(one), plain(other));

const JUDGEMENTS = {
  isEqualTo: (actual, expected) => isSame(actual, expected),
  isNotEqualTo: (actual, expected) => !isSame(actual, expected),
  isStrictlyEqualTo: (actual, expected) => actual === expected,
  isUndefined: (actual) => actual === undefined,
  isDefined: (actual) => actual !== undefined,
  isTrue: (actual) => actual === true,
  isFalse: (actual) => actual === false,
  contains: (actual, expected) => actual.includes(expected),
  doesNotContain: (actual, expected) => !actual.includes(expected),
  hasLength: (actual, expected) => actual.length === expected,
};

function assertThat(actual, message) {
  const judge = (name) => [name, (expected) => {
    if (!JUDGEMENTS[name](actual, expected)) failed(`${message ? message + ': ' : ''}${shown(actual)} ${name} ${shown(expected)}`);
  }];
  return Object.fromEntries(Object.keys(JUDGEMENTS).map(judge));
}

// What one scenario has mocked and which calls its template made.
class Stage {
  constructor(template) {
    this.template = template;
    this.mocks = {};
    this.calls = [];
    this.storage = {};
  }

  // Give an API to the template's code: each call is recorded and needs its permission.
  api(name, isTest) {
    const known = API[name];
    if (!known) failed(`there is no API ${name}`);
    if (!known.kinds.includes(this.template.kind)) failed(`${name} is no API of a ${this.template.kind} container`);
    if (known.methods) {
      const its = this.mocks[name] || REAL[name](this);
      return Object.fromEntries(known.methods.map((method) => [method, this.guarded(`${name}.${method}`, name, its[method], isTest)]));
    }
    const real = this.mocks[name] || (REAL[name] && REAL[name](this));
    return this.guarded(name, name, real, isTest);
  }

  guarded(called, name, real, isTest) {
    return (...args) => {
      if (isTest) return real(...args);
      const reason = lackOf(name, args, this.template.permissions);
      if (reason) failed(`${called} without its permission: ${reason}`);
      if (!real) failed(`${called} is not mocked`);
      this.calls.push([called, args]);
      return real(...args);
    };
  }

  assertApi(name) {
    const made = () => this.calls.filter(([called]) => called === name).map(([, args]) => args);
    return {
      wasCalled: () => made().length || failed(`${name} was not called`),
      wasNotCalled: () => made().length && failed(`${name} was called with ${shown(made())}`),
      wasCalledWith: (...args) => made().some((each) => isSame(each, args)) || failed(`${name} was not called with ${shown(args)} but ${shown(made())}`),
      wasNotCalledWith: (...args) => made().some((each) => isSame(each, args)) && failed(`${name} was called with ${shown(args)}`),
    };
  }
}

// A world of its own for each scenario, without anything but the language.
function world() {
  const context = vm.createContext({});
  const empty = `for (const name of Object.getOwnPropertyNames(globalThis)) if (!kept.includes(name)) delete globalThis[name]`;
  vm.runInContext(`{ const kept = ${JSON.stringify([...OF_THE_LANGUAGE])}; ${empty} }`, context);
  return context;
}

function played(template, scenario) {
  const stage = new Stage(template);
  const context = world();
  // Parentheses are not added around it: a variable's code returns its value.
  const made = vm.runInContext(`(function (data, require) {"use strict";\n${template.code}\n})`, context, { filename: 'code.js' });
  const runCode = (data) => {
    const spy = (name) => () => void stage.calls.push([name, []]);
    return made({ gtmOnSuccess: spy('gtmOnSuccess'), gtmOnFailure: spy('gtmOnFailure'), ...data }, (name) => stage.api(name, false));
  };
  const globals = {
    runCode,
    assertThat,
    fail: failed,
    assertApi: (name) => stage.assertApi(name),
    mock: (name, value) => { stage.mocks[name] = typeof value === 'function' ? value : () => value; },
    mockObject: (name, value) => { stage.mocks[name] = value; },
    require: (name) => stage.api(name, true),
    generateUniqueNumber: ((last) => () => ++last)(1_000_000),
  };
  const names = Object.keys(globals);
  const test = vm.runInContext(`(function (${names}) {"use strict";\n${template.setup}\n${scenario.code}\n})`, context, { filename: 'test.js' });
  test(...Object.values(globals));
}

// Comments and texts may say what they like.
const bare = (code) => code.replace(/\/\/.*$/gm, '').replace(/'(\\.|[^'\\\n])*'|"(\\.|[^"\\\n])*"/g, "''");

function failures(template) {
  const found = [];
  const odd = FORBIDDEN.exec(bare(template.code));
  if (odd) found.push(`code: the sandbox does not know ${odd[0]}`);
  for (const scenario of template.scenarios) {
    try {
      played(template, scenario);
    } catch (error) {
      found.push(`${scenario.name}: ${error instanceof Failed ? error.message : error.stack}`);
    }
  }
  return found;
}

const templates = JSON.parse(require('node:fs').readFileSync(0, 'utf8'));
const read = (template) => ({ ...template, permissions: plainPermissions(template.permissions) });
process.stdout.write(JSON.stringify(templates.map((template) => failures(read(template)))));
