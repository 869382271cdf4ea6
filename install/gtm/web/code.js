// Tag Manager's sandbox has no network: what this tag knows it says to the browser tag of the page (window.twinbeam),
// which sends both copies of an event under one id once the visitor has allowed it.
const addConsentListener = require('addConsentListener');
const callInWindow = require('callInWindow');
const copyFromDataLayer = require('copyFromDataLayer');
const copyFromWindow = require('copyFromWindow');
const encodeUriComponent = require('encodeUriComponent');
const getType = require('getType');
const injectScript = require('injectScript');
const isConsentGranted = require('isConsentGranted');
const log = require('logToConsole');
const makeNumber = require('makeNumber');
const makeString = require('makeString');
const Math = require('Math');
const templateStorage = require('templateStorage');

const PURPOSES = ['ad_storage', 'ad_user_data', 'ad_personalization'];
// As for TikTok's own queue before its script: what does not fit any more is given up.
const MOST_WAITING = 50;

//= shared/ecommerce.js

// ---- calls to the browser tag, which may still be on its way ----

const isHere = () => getType(copyFromWindow('twinbeam.track')) === 'function';

const call = (method, args) => {
  if (method === 'track') callInWindow('twinbeam.track', args[0], args[1], args[2]);
  else if (method === 'identify') callInWindow('twinbeam.identify', args[0]);
  else callInWindow('twinbeam.consent', args[0]);
};

// Tells whether a call was made, or waits for the browser tag that this container loads.
const say = (method, args) => {
  if (isHere()) {
    call(method, args);
    return true;
  }
  const waiting = templateStorage.getItem('waiting');
  if (!waiting) {
    log('Twinbeam: the browser tag is not on this page, so nothing was reported. Put its snippet into the head, or let the start tag load it.');
    return false;
  }
  if (waiting.length < MOST_WAITING) waiting.push([method, args]);
  templateStorage.setItem('waiting', waiting);
  return true;
};

// ---- start ----

const addressOfTag = () => {
  const settings = filled({ mode: data.mode, law: data.law, pixel: data.mode === 'own' ? data.pixel : undefined });
  let address = data.address + '?key=' + encodeUriComponent(data.key) + '&whole=1';
  for (const name in settings) address = address + '&' + name + '=' + encodeUriComponent(settings[name]);
  return address;
};

const load = () => {
  if (isHere()) {
    log('Twinbeam: the browser tag stands in the page already, so it is not loaded again.');
    data.gtmOnSuccess();
    return;
  }
  templateStorage.setItem('waiting', templateStorage.getItem('waiting') || []);
  injectScript(addressOfTag(), () => {
    const waiting = templateStorage.getItem('waiting') || [];
    templateStorage.setItem('waiting', []);
    waiting.forEach((item) => call(item[0], item[1]));
    data.gtmOnSuccess();
  }, () => {
    templateStorage.setItem('waiting', undefined);
    log('Twinbeam: the browser tag could not be loaded, so nothing of this page is reported.');
    data.gtmOnFailure();
  }, 'twinbeam');
};

// For Tag Manager a purpose that nobody has set counts as granted. For us it is unknown, a default is no answer, and
// only an update is the visitor's word. Which of them it was is told by the state that Tag Manager shows in its
// preview; where that is missing, by the change that a listener hears, and nothing is taken for a permission.
const hearConsent = () => {
  const heard = {};
  const wordOf = (purpose) => {
    const entries = copyFromWindow('google_tag_data.ics.entries');
    if (!entries) return heard[purpose];
    const update = (entries[purpose] || {}).update;
    if (update === true || update === 'granted') return 'granted';
    return update === false || update === 'denied' ? 'denied' : undefined;
  };
  const tell = () => {
    const said = {};
    let isAsking = false;
    let isSaid = false;
    PURPOSES.forEach((purpose) => {
      const word = wordOf(purpose);
      if (word) {
        said[purpose] = word;
        isSaid = true;
      } else if (!isConsentGranted(purpose)) {
        isAsking = true;
      }
    });
    if (isAsking) said.asking = true;
    if (isSaid || isAsking) say('consent', [said]);
  };
  PURPOSES.forEach((purpose) => {
    addConsentListener(purpose, (changed, isGranted) => {
      // From denied to granted is an answer; to denied is one only after a grant, else it is a default that came late.
      if (isGranted) heard[changed] = 'granted';
      else if (heard[changed]) heard[changed] = 'denied';
      tell();
    });
  });
  tell();
};

// ---- events ----

const rows = (table) => {
  const found = {};
  (table || []).forEach((row) => {
    found[row.name] = row.value;
  });
  return filled(found);
};

const report = () => {
  const given = copyFromDataLayer('event');
  const name = data.event === 'custom' ? data.name : NAMES[given];
  if (!name) {
    log('Twinbeam: TikTok has no event like "' + given + '", so nothing was reported.');
    data.gtmOnSuccess();
    return;
  }
  // Version 1: what this event pushed, and not what it and earlier ones come to together.
  const ecommerce = copyFromDataLayer('ecommerce', 1) || {};
  const properties = propertiesOf(ecommerce, copyFromDataLayer('search_term'));
  if (hasValue(ecommerce.transaction_id)) properties.order_id = makeString(ecommerce.transaction_id);
  const more = rows(data.more);
  for (const each in more) properties[each] = more[each];

  const options = filled({
    event_id: hasValue(data.eventId) ? makeString(data.eventId) : undefined,
    pixel_code: data.pixelCode,
    order_token: copyFromDataLayer('order_token'),
    checkout_token: copyFromDataLayer('checkout_token'),
    cart_token: copyFromDataLayer('cart_token')
  });

  const user = rows(data.user);
  let isKnown = false;
  for (const field in user) isKnown = isText(user[field]) || isKnown;
  if (isKnown) say('identify', [user]);
  if (say('track', [name, properties, options])) data.gtmOnSuccess();
  else data.gtmOnFailure();
};

if (data.does === 'start') {
  if (data.loads) load();
  else if (isHere()) data.gtmOnSuccess();
  else data.gtmOnFailure();
  if (data.hears) hearConsent();
} else {
  report();
}
