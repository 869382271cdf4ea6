// One event of the container becomes one request to the gateway, which answers once it is on disk.
const JSON = require('JSON');
const Math = require('Math');
const decodeUriComponent = require('decodeUriComponent');
const getAllEventData = require('getAllEventData');
const getContainerVersion = require('getContainerVersion');
const getCookieValues = require('getCookieValues');
const getTimestampMillis = require('getTimestampMillis');
const getType = require('getType');
const log = require('logToConsole');
const makeNumber = require('makeNumber');
const makeString = require('makeString');
const parseUrl = require('parseUrl');
const sendHttpRequest = require('sendHttpRequest');

// Pages that Tag Manager's own monitoring opens; no shopper sees them.
const GOOGLES_OWN_HOST = 'gtm-msr.appspot.com';
const PURPOSES = ['ad_storage', 'ad_user_data', 'ad_personalization'];
// The purposes' places in x-ga-gcd, such as 11r1p1t1q5: ads, analytics, user data, personalization.
const PLACES = [2, 6, 8];
const MOST_TRIES = 2;

//= shared/ecommerce.js

const event = getAllEventData();
const first = (value) => (getType(value) === 'array' ? value[0] : value);
const searched = (url) => ((isText(url) && parseUrl(url)) || {}).searchParams || {};
const hostOf = (url) => ((isText(url) && parseUrl(url)) || {}).hostname;

// ---- what the visitor said ----

const letterAt = (place) => {
  const gcd = event['x-ga-gcd'];
  return isText(gcd) ? gcd.charAt(place).toLowerCase() : '';
};

// In x-ga-gcd a "p" is denied by default and a "t" granted by default, both without an answer. The first means that
// the visitor is being asked, so the event has to wait; the second means nothing. Neither is the visitor's word.
const consentMode = () => {
  const letters = PLACES.map(letterAt);
  if (letters.indexOf('p') < 0 && letters.indexOf('t') < 0) {
    return filled({ gcs: event['x-ga-gcs'], gcd: event['x-ga-gcd'] });
  }
  const said = { evidence: event['x-ga-gcd'] };
  PURPOSES.forEach((purpose, i) => {
    const letter = letters[i];
    if (letter === 'r' || letter === 'n' || letter === 'v') said[purpose] = 'granted';
    else if (letter === 'q' || letter === 'm' || letter === 'u') said[purpose] = 'denied';
    else if (letter === 'p') said[purpose] = 'undecided';
  });
  return said;
};

const isYes = (word) => word === true || word === 'granted';
const isNo = (word) => word === false || word === 'denied';

const consentOf = () => {
  const said = consentMode();
  const state = event.consent_state || {};
  PURPOSES.forEach((purpose) => {
    if (isNo(state[purpose])) said[purpose] = 'denied';
    else if (isYes(state[purpose]) && data.believesState && !said[purpose]) said[purpose] = 'granted';
  });
  let isSaid = false;
  for (const each in said) isSaid = hasValue(said[each]) || isSaid;
  if (isSaid) said.source = 'tag manager';
  return said;
};

// ---- who it is ----

const cookie = (name) => {
  const common = event.common_cookie || {};
  return common[name] || getCookieValues(name, true)[0];
};
const decoded = (text) => (isText(text) ? decodeUriComponent(text) : undefined) || undefined;

// The browser tag's cookie, parts with bars between: visitor, _ttp, last click. It comes along where this server is
// reached under the shop's own domain.
const ours = (cookie('_tb') || '').split('|');

const isHash = (text) => isText(text) && text.length === 64;
const hashed = (value) => (isHash(first(value)) ? first(value) : undefined);

const userOf = () => {
  const said = event.user_data || {};
  const address = first(said.address) || {};
  const click = searched(event.page_location).ttclid || event.ttclid || decoded(cookie('ttclid')) || decoded(ours[2]);
  return filled({
    // As typed rather than hashed by Google, which takes the dots out of Gmail addresses before.
    email: said.email_address || said.email || hashed(said.sha256_email_address),
    phone: said.phone_number || hashed(said.sha256_phone_number),
    external_id: hasValue(event.user_id) ? makeString(event.user_id) : undefined,
    first_name: address.first_name,
    last_name: address.last_name,
    city: address.city,
    state: address.region,
    zip_code: address.postal_code,
    country: address.country,
    ip: event.ip_override,
    user_agent: event.user_agent,
    locale: event.language,
    ttclid: click,
    ttp: decoded(cookie('_ttp')) || decoded(ours[1])
  });
};

// ---- the event ----

const eventOf = (name) => filled({
  event: name,
  event_time: Math.floor(getTimestampMillis() / 1000),
  event_id: hasValue(event.event_id) ? makeString(event.event_id) : undefined,
  pixel: data.pixel,
  order_id: hasValue(event.transaction_id) ? makeString(event.transaction_id) : undefined,
  order_token: event.order_token,
  checkout_token: event.checkout_token,
  cart_token: event.cart_token,
  visitor_id: event.visitor_id || decoded(ours[0]),
  consent_receipt: event.consent_receipt,
  user: userOf(),
  page: filled({ url: event.page_location, referrer: event.page_referrer }),
  properties: propertiesOf(event, event.search_term),
  consent: consentOf()
});

// The same event again is the same conversion, so one more try does no harm; the container would not try by itself.
const mayHelp = (status) => !status || status === 408 || status === 429 || status >= 500;

const send = (body, tries) => {
  const address = data.gateway.charAt(data.gateway.length - 1) === '/' ? data.gateway : data.gateway + '/';
  sendHttpRequest(address + 'v1/events', (status, headers, answer) => {
    if (status >= 200 && status < 300) {
      data.gtmOnSuccess();
    } else if (mayHelp(status) && tries < MOST_TRIES) {
      send(body, tries + 1);
    } else {
      log('Twinbeam: the gateway has not taken the event: ' + status + ' ' + answer);
      data.gtmOnFailure();
    }
  }, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', Authorization: 'Bearer ' + data.key },
    timeout: makeNumber(data.seconds || 5) * 1000
  }, body);
};

const name = data.event === 'custom' ? data.name : NAMES[event.event_name];
const isPreview = getContainerVersion().previewMode;

if (!name) {
  log('Twinbeam: TikTok has no event like "' + event.event_name + '", so nothing was sent.');
  data.gtmOnSuccess();
} else if (hostOf(event.page_location) === GOOGLES_OWN_HOST) {
  log('Twinbeam: this page belongs to Google\'s monitoring, so nothing was sent.');
  data.gtmOnSuccess();
} else if (isPreview && !data.testCode) {
  const shown = eventOf(name);
  shown.user = 'left out here';
  log('Twinbeam: preview mode without a test code, so nothing was sent. It would have been: ' + JSON.stringify(shown));
  data.gtmOnSuccess();
} else {
  const body = { events: [eventOf(name)] };
  if (isPreview) body.test_event_code = data.testCode;
  send(JSON.stringify(body), 1);
}
