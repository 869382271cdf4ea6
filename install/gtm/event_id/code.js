// An order, a checkout or a cart names its events at both ends by itself, the same after a reload: there nothing is
// drawn. Everything else gets an id once, however many tags of this event ask.
const copyFromDataLayer = require('copyFromDataLayer');
const generateRandom = require('generateRandom');
const getTimestampMillis = require('getTimestampMillis');
const makeString = require('makeString');
const templateStorage = require('templateStorage');

const OF_ORDER = ['purchase', 'begin_checkout', 'add_payment_info', 'generate_lead', 'sign_up'];
const OF_CART = ['begin_checkout', 'add_payment_info'];

const event = copyFromDataLayer('event');
const ecommerce = copyFromDataLayer('ecommerce', 1) || {};
const given = copyFromDataLayer('event_id');
const hasValue = (value) => value !== undefined && value !== null && value !== '';

const isNamed = () => {
  if (hasValue(ecommerce.transaction_id)) return true;
  if (OF_ORDER.indexOf(event) < 0) return false;
  if (hasValue(copyFromDataLayer('order_token')) || hasValue(copyFromDataLayer('checkout_token'))) return true;
  return OF_CART.indexOf(event) >= 0 && hasValue(copyFromDataLayer('cart_token'));
};

// The data layer keeps what was pushed: an event without an id of its own would inherit that of an earlier one.
const isOwn = () => {
  const owners = templateStorage.getItem('owners') || {};
  const key = 'id ' + makeString(given);
  if (!owners[key]) owners[key] = event;
  templateStorage.setItem('owners', owners);
  return owners[key] === event;
};

const drawn = () => {
  const ids = templateStorage.getItem('ids') || {};
  const key = 'event ' + makeString(copyFromDataLayer('gtm.uniqueEventId'));
  if (!ids[key]) {
    ids[key] = 'gtm-' + makeString(getTimestampMillis()) + '-' +
      makeString(generateRandom(0, 999999999)) + '-' + makeString(generateRandom(0, 999999999));
  }
  templateStorage.setItem('ids', ids);
  return ids[key];
};

if (hasValue(given) && isOwn()) return makeString(given);
return isNamed() ? undefined : drawn();
