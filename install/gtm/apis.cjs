// The APIs of Tag Manager's sandbox that templates here may use, what each needs a permission for, and those that do
// something by themselves. Source: Google's pages on template APIs and permissions for web and server containers.
'use strict';

const WEB = ['WEB'];
const SERVER = ['SERVER'];
const BOTH = ['WEB', 'SERVER'];

const API = {
  JSON: { kinds: BOTH, methods: ['parse', 'stringify'] },
  Math: { kinds: BOTH, methods: ['abs', 'floor', 'ceil', 'round', 'max', 'min', 'pow', 'sqrt'] },
  Object: { kinds: BOTH, methods: ['keys', 'values', 'entries'] },
  addConsentListener: { kinds: WEB },
  callInWindow: { kinds: WEB },
  copyFromDataLayer: { kinds: WEB },
  copyFromWindow: { kinds: WEB },
  decodeUriComponent: { kinds: BOTH },
  encodeUriComponent: { kinds: BOTH },
  generateRandom: { kinds: BOTH },
  getAllEventData: { kinds: SERVER },
  getContainerVersion: { kinds: BOTH },
  getCookieValues: { kinds: BOTH },
  getTimestampMillis: { kinds: BOTH },
  getType: { kinds: BOTH },
  injectScript: { kinds: WEB },
  isConsentGranted: { kinds: WEB },
  logToConsole: { kinds: BOTH },
  makeNumber: { kinds: BOTH },
  makeString: { kinds: BOTH },
  parseUrl: { kinds: BOTH },
  sendHttpRequest: { kinds: SERVER },
  templateStorage: { kinds: BOTH, methods: ['getItem', 'setItem', 'removeItem', 'clear'] },
};

const typeOf = (value) => (value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value);
const orUndefined = (make) => {
  try {
    return make();
  } catch {
    return undefined; // the sandbox throws nothing at its users
  }
};

function parsed(text) {
  const url = orUndefined(() => new URL(text));
  if (!url) return undefined;
  const searchParams = {};
  for (const name of url.searchParams.keys()) {
    const all = url.searchParams.getAll(name);
    searchParams[name] = all.length > 1 ? all : all[0];
  }
  return { href: url.href, host: url.host, hostname: url.hostname, pathname: url.pathname, protocol: url.protocol, search: url.search, searchParams };
}

// What works without a mock; everything else a test has to mock.
const REAL = {
  JSON: () => ({ parse: (text) => orUndefined(() => JSON.parse(text)), stringify: (value) => JSON.stringify(value) }),
  Math: () => Math,
  Object: () => Object,
  decodeUriComponent: () => (text) => orUndefined(() => decodeURIComponent(text)),
  encodeUriComponent: () => (text) => orUndefined(() => encodeURIComponent(text)),
  generateRandom: () => (least, most) => least + Math.floor(Math.random() * (most - least + 1)),
  getTimestampMillis: () => () => Date.now(),
  getType: () => typeOf,
  logToConsole: () => () => {},
  makeNumber: () => Number,
  makeString: () => String,
  parseUrl: () => parsed,
  templateStorage: (stage) => ({
    // What is stored comes back as a copy.
    getItem: (key) => (stage.storage[key] === undefined ? null : JSON.parse(stage.storage[key])),
    setItem: (key, value) => { stage.storage[key] = value === undefined ? undefined : JSON.stringify(value); },
    removeItem: (key) => { delete stage.storage[key]; },
    clear: () => { stage.storage = {}; },
  }),
};

// ---- permissions ----

const plain = (value) => {
  if (value.type === 1) return value.string;
  if (value.type === 8) return value.boolean;
  if (value.type === 2) return value.listItem.map(plain);
  if (value.type === 3) return Object.fromEntries(value.mapKey.map((key, i) => [plain(key), plain(value.mapValue[i])]));
  throw new Error(`a permission's value of type ${value.type}`);
};

const plainPermissions = (list) =>
  Object.fromEntries(list.map(({ instance }) => [
    instance.key.publicId,
    Object.fromEntries((instance.param || []).map(({ key, value }) => [key, plain(value)])),
  ]));

const escaped = (text) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
const fits = (pattern, text) => new RegExp(`^${pattern.split('*').map(escaped).join('.*')}$`).test(text);

// An address by its host and what follows: a star in the host stands for labels, never for a slash.
function fitsAddress(pattern, address) {
  const [, host, path] = /^https:\/\/([^/]+)(\/.*)$/.exec(pattern) || [];
  const url = orUndefined(() => new URL(address));
  if (!host || !url || url.protocol !== 'https:') return false;
  return fits(host, url.host) && fits(path.endsWith('/') ? path + '*' : path, url.pathname + url.search);
}

const global = (right) => ([key], { keys = [] }) => keys.some((each) => each.key === key && each[right]) || `${right} of ${key}`;
const consent = ([type], { consentTypes = [] }) => consentTypes.some((each) => each.consentType === type && each.read) || `reading ${type}`;

// By API: the permission, and whether its parameters cover a call; what is missing is named.
const NEEDS = {
  addConsentListener: ['access_consent', consent],
  callInWindow: ['access_globals', global('execute')],
  copyFromDataLayer: ['read_data_layer', ([key], { allowedKeys, keyPatterns = [] }) =>
    allowedKeys === 'any' || keyPatterns.some((pattern) => fits(pattern, key)) || `the key ${key}`],
  copyFromWindow: ['access_globals', global('read')],
  getAllEventData: ['read_event_data', (_, { eventDataAccess }) => eventDataAccess === 'any' || 'all of the event'],
  getContainerVersion: ['read_container_data', () => true],
  getCookieValues: ['get_cookies', ([name], { cookieAccess, cookieNames = [] }) =>
    cookieAccess === 'any' || cookieNames.includes(name) || `the cookie ${name}`],
  injectScript: ['inject_script', ([url], { urls = [] }) => urls.some((pattern) => fitsAddress(pattern, url)) || url],
  isConsentGranted: ['access_consent', consent],
  logToConsole: ['logging', (_, { environments }) => ['debug', 'all'].includes(environments) || 'an environment'],
  sendHttpRequest: ['send_http', ([url], { allowedUrls, urls = [] }) =>
    allowedUrls === 'any' || urls.some((pattern) => fitsAddress(pattern, url)) || url],
  templateStorage: ['access_template_storage', () => true],
};

// Give what a call lacks, or nothing.
function lackOf(name, args, permissions) {
  if (!NEEDS[name]) return undefined;
  const [permission, covers] = NEEDS[name];
  if (!permissions[permission]) return permission;
  const found = covers(args, permissions[permission]);
  return found === true ? undefined : `${permission}, ${found}`;
}

module.exports = { API, REAL, lackOf, plainPermissions };
