___TERMS_OF_SERVICE___

By creating or modifying this file you agree to Google Tag Manager's Community
Template Gallery Developer Terms of Service available at
https://developers.google.com/tag-manager/gallery-tos (or such other URL as
Google may provide), as modified from time to time.


___INFO___

{
  "type": "MACRO",
  "id": "cvt_temp_public_id",
  "version": 1,
  "securityGroups": [],
  "displayName": "Twinbeam event id",
  "categories": [
    "ADVERTISING",
    "CONVERSIONS",
    "UTILITY"
  ],
  "brand": {
    "id": "brand_dummy",
    "displayName": "Twinbeam"
  },
  "description": "One id for an event, drawn once, for all tags that report it: the Twinbeam tag and the tag that leads to a server container.",
  "containerContexts": [
    "WEB"
  ]
}


___TEMPLATE_PARAMETERS___

[
  {
    "type": "LABEL",
    "name": "about",
    "displayName": "Use it as event id of the Twinbeam tag, and as event parameter event_id of the Google tag that sends to your server container."
  }
]


___SANDBOXED_JS_FOR_WEB_TEMPLATE___

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


___WEB_PERMISSIONS___

[
  {
    "instance": {
      "key": {
        "publicId": "access_template_storage",
        "versionId": "1"
      },
      "param": []
    },
    "clientAnnotations": {
      "isEditedByUser": true
    },
    "isRequired": true
  },
  {
    "instance": {
      "key": {
        "publicId": "read_data_layer",
        "versionId": "1"
      },
      "param": [
        {
          "key": "allowedKeys",
          "value": {
            "type": 1,
            "string": "specific"
          }
        },
        {
          "key": "keyPatterns",
          "value": {
            "type": 2,
            "listItem": [
              {
                "type": 1,
                "string": "event"
              },
              {
                "type": 1,
                "string": "event_id"
              },
              {
                "type": 1,
                "string": "gtm.uniqueEventId"
              },
              {
                "type": 1,
                "string": "ecommerce"
              },
              {
                "type": 1,
                "string": "order_token"
              },
              {
                "type": 1,
                "string": "checkout_token"
              },
              {
                "type": 1,
                "string": "cart_token"
              }
            ]
          }
        }
      ]
    },
    "clientAnnotations": {
      "isEditedByUser": true
    },
    "isRequired": true
  }
]


___TESTS___

scenarios:
- name: "All tags of an event get one id, and the next event another one"
  code: |-
    const one = runCode({});
    assertThat(one).contains('gtm-');
    assertThat(runCode({})).isEqualTo(one);
    layer['gtm.uniqueEventId'] = 2;
    const two = runCode({});
    assertThat(two).isNotEqualTo(one);
    layer['gtm.uniqueEventId'] = 1;
    assertThat(runCode({})).isEqualTo(one);
- name: "The id that the page gives wins"
  code: |-
    layer.event_id = 'from-the-page';
    assertThat(runCode({})).isEqualTo('from-the-page');
    layer.event_id = 17;
    assertThat(runCode({})).isEqualTo('17');
- name: "An id that an earlier event left in the data layer is not inherited"
  code: |-
    layer.event_id = 'of-the-view';
    assertThat(runCode({})).isEqualTo('of-the-view');
    layer.event = 'add_to_cart';
    layer['gtm.uniqueEventId'] = 2;
    assertThat(runCode({})).contains('gtm-');
- name: "An order names its events by itself, the same after a reload"
  code: |-
    layer.event = 'purchase';
    layer.ecommerce = { transaction_id: '1001' };
    assertThat(runCode({})).isUndefined();
    layer.ecommerce = undefined;
    layer.order_token = 'ot-1';
    assertThat(runCode({})).isUndefined();
- name: "So does a checkout, and a cart for the steps before the order"
  code: |-
    layer.event = 'begin_checkout';
    layer.checkout_token = 'co-1';
    assertThat(runCode({})).isUndefined();
    layer.checkout_token = undefined;
    layer.cart_token = 'ca-1';
    assertThat(runCode({})).isUndefined();
    layer.event = 'add_payment_info';
    assertThat(runCode({})).isUndefined();
    layer.event = 'purchase';
    assertThat(runCode({})).contains('gtm-');
- name: "Views and carts are many in one order, so a token names none of them"
  code: |-
    layer.order_token = 'ot-1';
    layer.cart_token = 'ca-1';
    assertThat(runCode({})).contains('gtm-');
    layer.event = 'add_to_cart';
    layer['gtm.uniqueEventId'] = 2;
    assertThat(runCode({})).contains('gtm-');
setup: |-
  // What the data layer holds; Tag Manager numbers the events.
  const layer = { event: 'view_item', 'gtm.uniqueEventId': 1 };
  mock('copyFromDataLayer', (key) => layer[key]);


___NOTES___

Built by install/gtm/build.py; change the parts beside it and not this file.
