___TERMS_OF_SERVICE___

By creating or modifying this file you agree to Google Tag Manager's Community
Template Gallery Developer Terms of Service available at
https://developers.google.com/tag-manager/gallery-tos (or such other URL as
Google may provide), as modified from time to time.


___INFO___

{
  "type": "TAG",
  "id": "cvt_temp_public_id",
  "version": 1,
  "securityGroups": [],
  "displayName": "Twinbeam",
  "categories": [
    "ADVERTISING",
    "CONVERSIONS"
  ],
  "brand": {
    "id": "brand_dummy",
    "displayName": "Twinbeam"
  },
  "description": "Reports events to TikTok's pixel and to your Twinbeam gateway under one event_id, behind one consent.",
  "containerContexts": [
    "WEB"
  ]
}


___TEMPLATE_PARAMETERS___

[
  {
    "type": "RADIO",
    "name": "does",
    "displayName": "What this tag does",
    "radioItems": [
      {
        "value": "event",
        "displayValue": "Report an event"
      },
      {
        "value": "start",
        "displayValue": "Start: load the browser tag, hear consent (trigger: Consent Initialization)"
      }
    ],
    "simpleValueType": true,
    "defaultValue": "event"
  },
  {
    "type": "GROUP",
    "name": "startGroup",
    "displayName": "Start",
    "groupStyle": "ZIPPY_OPEN",
    "enablingConditions": [
      {
        "paramName": "does",
        "paramValue": "start",
        "type": "EQUALS"
      }
    ],
    "subParams": [
      {
        "type": "CHECKBOX",
        "name": "loads",
        "checkboxText": "Load the browser tag (leave this off where its snippet stands in the pages' head)",
        "simpleValueType": true,
        "defaultValue": false,
        "subParams": [
          {
            "type": "TEXT",
            "name": "address",
            "displayName": "Address of the browser tag",
            "help": "Such as https://shop.example/t.js. Another path than /t.js has to be added to this template's permission to inject scripts.",
            "simpleValueType": true,
            "enablingConditions": [
              {
                "paramName": "loads",
                "paramValue": true,
                "type": "EQUALS"
              }
            ],
            "valueValidators": [
              {
                "type": "NON_EMPTY"
              },
              {
                "type": "REGEX",
                "args": [
                  "https://[^?#]+[.]js"
                ]
              }
            ]
          },
          {
            "type": "TEXT",
            "name": "key",
            "displayName": "Browser key",
            "help": "From twinbeam keys create browser. It is public; a server key (tbs_) must never stand here.",
            "simpleValueType": true,
            "enablingConditions": [
              {
                "paramName": "loads",
                "paramValue": true,
                "type": "EQUALS"
              }
            ],
            "valueValidators": [
              {
                "type": "NON_EMPTY"
              },
              {
                "type": "REGEX",
                "args": [
                  "tbb_.+"
                ]
              }
            ]
          },
          {
            "type": "SELECT",
            "name": "mode",
            "displayName": "Mode",
            "selectItems": [
              {
                "value": "own",
                "displayValue": "Load TikTok's script once consent allows it"
              },
              {
                "value": "gateway",
                "displayValue": "Gateway only, without TikTok's script"
              },
              {
                "value": "drop-in",
                "displayValue": "Another tag of this container loads TikTok's script, later than this one"
              }
            ],
            "simpleValueType": true,
            "defaultValue": "own",
            "enablingConditions": [
              {
                "paramName": "loads",
                "paramValue": true,
                "type": "EQUALS"
              }
            ]
          },
          {
            "type": "TEXT",
            "name": "pixel",
            "displayName": "Pixel code, where TikTok's script is loaded",
            "simpleValueType": true,
            "enablingConditions": [
              {
                "paramName": "mode",
                "paramValue": "own",
                "type": "EQUALS"
              }
            ]
          },
          {
            "type": "SELECT",
            "name": "law",
            "displayName": "What it means when a visitor has not answered",
            "selectItems": [
              {
                "value": "opt_in",
                "displayValue": "No (opt-in)"
              },
              {
                "value": "by_region",
                "displayValue": "By region"
              },
              {
                "value": "opt_out",
                "displayValue": "Yes, until they object (opt-out)"
              }
            ],
            "simpleValueType": true,
            "defaultValue": "opt_in",
            "enablingConditions": [
              {
                "paramName": "loads",
                "paramValue": true,
                "type": "EQUALS"
              }
            ]
          }
        ]
      },
      {
        "type": "CHECKBOX",
        "name": "hears",
        "checkboxText": "Hear the consent that templates of this container set (not needed for Cookiebot, OneTrust, Usercentrics, TCF and gtag, which the browser tag hears by itself)",
        "simpleValueType": true,
        "defaultValue": true
      }
    ]
  },
  {
    "type": "GROUP",
    "name": "eventGroup",
    "displayName": "Event",
    "groupStyle": "ZIPPY_OPEN",
    "enablingConditions": [
      {
        "paramName": "does",
        "paramValue": "event",
        "type": "EQUALS"
      }
    ],
    "subParams": [
      {
        "type": "SELECT",
        "name": "event",
        "displayName": "Event",
        "selectItems": [
          {
            "value": "inherit",
            "displayValue": "From the data layer, by its name in Google Analytics 4"
          },
          {
            "value": "custom",
            "displayValue": "The name below"
          }
        ],
        "simpleValueType": true,
        "defaultValue": "inherit"
      },
      {
        "type": "TEXT",
        "name": "name",
        "displayName": "Name of the event, such as Lead",
        "simpleValueType": true,
        "enablingConditions": [
          {
            "paramName": "event",
            "paramValue": "custom",
            "type": "EQUALS"
          }
        ],
        "valueValidators": [
          {
            "type": "NON_EMPTY"
          }
        ]
      },
      {
        "type": "TEXT",
        "name": "eventId",
        "displayName": "Event id",
        "help": "{{Twinbeam event id}} where a server container reports the same events; else leave it empty.",
        "simpleValueType": true
      },
      {
        "type": "TEXT",
        "name": "pixelCode",
        "displayName": "Only to this pixel (empty: to all that the page has loaded)",
        "simpleValueType": true
      },
      {
        "type": "SIMPLE_TABLE",
        "name": "more",
        "displayName": "Further properties",
        "simpleTableColumns": [
          {
            "name": "name",
            "displayName": "Property",
            "type": "TEXT",
            "defaultValue": ""
          },
          {
            "name": "value",
            "displayName": "Value",
            "type": "TEXT",
            "defaultValue": ""
          }
        ],
        "newRowButtonText": "Add a property"
      },
      {
        "type": "SIMPLE_TABLE",
        "name": "user",
        "displayName": "Who it is",
        "help": "As the visitor typed it: the browser tag and TikTok's script hash it.",
        "simpleTableColumns": [
          {
            "name": "name",
            "displayName": "Field",
            "type": "SELECT",
            "defaultValue": "email",
            "isUnique": true,
            "selectItems": [
              {
                "value": "email",
                "displayValue": "E-mail address"
              },
              {
                "value": "phone_number",
                "displayValue": "Phone, such as +49 151 23456789"
              },
              {
                "value": "external_id",
                "displayValue": "Customer id"
              }
            ]
          },
          {
            "name": "value",
            "displayName": "Value",
            "type": "TEXT",
            "defaultValue": ""
          }
        ],
        "newRowButtonText": "Add a field"
      }
    ]
  }
]


___SANDBOXED_JS_FOR_WEB_TEMPLATE___

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

// Names of Google Analytics 4 and what TikTok calls the same; other events of a container are none of TikTok's.
const NAMES = {
  view_item: 'ViewContent',
  search: 'Search',
  add_to_wishlist: 'AddToWishlist',
  add_to_cart: 'AddToCart',
  begin_checkout: 'InitiateCheckout',
  add_payment_info: 'AddPaymentInfo',
  purchase: 'Purchase',
  sign_up: 'CompleteRegistration',
  generate_lead: 'Lead',
  file_download: 'Download'
};

const isText = (value) => getType(value) === 'string' && value !== '';
const hasValue = (value) => value !== undefined && value !== null && value !== '';

// Gives an object without the members that say nothing.
const filled = (object) => {
  const kept = {};
  for (const name in object) {
    if (hasValue(object[name])) kept[name] = object[name];
  }
  return kept;
};

// Gives the items of an event as TikTok wants them.
const contentsOf = (items) => {
  if (getType(items) !== 'array') return undefined;
  return items.map((item) => filled({
    content_id: hasValue(item.item_id) ? makeString(item.item_id) : undefined,
    content_name: item.item_name,
    content_category: item.item_category,
    brand: item.item_brand,
    price: hasValue(item.price) ? makeNumber(item.price) : undefined,
    quantity: hasValue(item.quantity) ? makeNumber(item.quantity) : undefined
  }));
};

// Gives the value that is said, else what the items cost together; nothing where one of them has no price.
const valueOf = (said, items) => {
  if (hasValue(said)) return makeNumber(said);
  if (getType(items) !== 'array' || items.length === 0) return undefined;
  let sum = 0;
  for (let i = 0; i < items.length; i++) {
    if (!hasValue(items[i].price)) return undefined;
    sum = sum + makeNumber(items[i].price) * makeNumber(hasValue(items[i].quantity) ? items[i].quantity : 1);
  }
  return Math.round(sum * 100) / 100;
};

const propertiesOf = (ecommerce, searched) => {
  const contents = contentsOf(ecommerce.items);
  return filled({
    value: valueOf(ecommerce.value, ecommerce.items),
    currency: ecommerce.currency,
    contents: contents,
    content_type: contents && contents.length ? 'product' : undefined,
    query: searched
  });
};

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


___WEB_PERMISSIONS___

[
  {
    "instance": {
      "key": {
        "publicId": "logging",
        "versionId": "1"
      },
      "param": [
        {
          "key": "environments",
          "value": {
            "type": 1,
            "string": "debug"
          }
        }
      ]
    },
    "clientAnnotations": {
      "isEditedByUser": true
    },
    "isRequired": true
  },
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
        "publicId": "inject_script",
        "versionId": "1"
      },
      "param": [
        {
          "key": "urls",
          "value": {
            "type": 2,
            "listItem": [
              {
                "type": 1,
                "string": "https://*/t.js*"
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
  },
  {
    "instance": {
      "key": {
        "publicId": "access_globals",
        "versionId": "1"
      },
      "param": [
        {
          "key": "keys",
          "value": {
            "type": 2,
            "listItem": [
              {
                "type": 3,
                "mapKey": [
                  {
                    "type": 1,
                    "string": "key"
                  },
                  {
                    "type": 1,
                    "string": "read"
                  },
                  {
                    "type": 1,
                    "string": "write"
                  },
                  {
                    "type": 1,
                    "string": "execute"
                  }
                ],
                "mapValue": [
                  {
                    "type": 1,
                    "string": "twinbeam.track"
                  },
                  {
                    "type": 8,
                    "boolean": true
                  },
                  {
                    "type": 8,
                    "boolean": false
                  },
                  {
                    "type": 8,
                    "boolean": true
                  }
                ]
              },
              {
                "type": 3,
                "mapKey": [
                  {
                    "type": 1,
                    "string": "key"
                  },
                  {
                    "type": 1,
                    "string": "read"
                  },
                  {
                    "type": 1,
                    "string": "write"
                  },
                  {
                    "type": 1,
                    "string": "execute"
                  }
                ],
                "mapValue": [
                  {
                    "type": 1,
                    "string": "twinbeam.identify"
                  },
                  {
                    "type": 8,
                    "boolean": false
                  },
                  {
                    "type": 8,
                    "boolean": false
                  },
                  {
                    "type": 8,
                    "boolean": true
                  }
                ]
              },
              {
                "type": 3,
                "mapKey": [
                  {
                    "type": 1,
                    "string": "key"
                  },
                  {
                    "type": 1,
                    "string": "read"
                  },
                  {
                    "type": 1,
                    "string": "write"
                  },
                  {
                    "type": 1,
                    "string": "execute"
                  }
                ],
                "mapValue": [
                  {
                    "type": 1,
                    "string": "twinbeam.consent"
                  },
                  {
                    "type": 8,
                    "boolean": false
                  },
                  {
                    "type": 8,
                    "boolean": false
                  },
                  {
                    "type": 8,
                    "boolean": true
                  }
                ]
              },
              {
                "type": 3,
                "mapKey": [
                  {
                    "type": 1,
                    "string": "key"
                  },
                  {
                    "type": 1,
                    "string": "read"
                  },
                  {
                    "type": 1,
                    "string": "write"
                  },
                  {
                    "type": 1,
                    "string": "execute"
                  }
                ],
                "mapValue": [
                  {
                    "type": 1,
                    "string": "google_tag_data.ics.entries"
                  },
                  {
                    "type": 8,
                    "boolean": true
                  },
                  {
                    "type": 8,
                    "boolean": false
                  },
                  {
                    "type": 8,
                    "boolean": false
                  }
                ]
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
  },
  {
    "instance": {
      "key": {
        "publicId": "access_consent",
        "versionId": "1"
      },
      "param": [
        {
          "key": "consentTypes",
          "value": {
            "type": 2,
            "listItem": [
              {
                "type": 3,
                "mapKey": [
                  {
                    "type": 1,
                    "string": "consentType"
                  },
                  {
                    "type": 1,
                    "string": "read"
                  },
                  {
                    "type": 1,
                    "string": "write"
                  }
                ],
                "mapValue": [
                  {
                    "type": 1,
                    "string": "ad_storage"
                  },
                  {
                    "type": 8,
                    "boolean": true
                  },
                  {
                    "type": 8,
                    "boolean": false
                  }
                ]
              },
              {
                "type": 3,
                "mapKey": [
                  {
                    "type": 1,
                    "string": "consentType"
                  },
                  {
                    "type": 1,
                    "string": "read"
                  },
                  {
                    "type": 1,
                    "string": "write"
                  }
                ],
                "mapValue": [
                  {
                    "type": 1,
                    "string": "ad_user_data"
                  },
                  {
                    "type": 8,
                    "boolean": true
                  },
                  {
                    "type": 8,
                    "boolean": false
                  }
                ]
              },
              {
                "type": 3,
                "mapKey": [
                  {
                    "type": 1,
                    "string": "consentType"
                  },
                  {
                    "type": 1,
                    "string": "read"
                  },
                  {
                    "type": 1,
                    "string": "write"
                  }
                ],
                "mapValue": [
                  {
                    "type": 1,
                    "string": "ad_personalization"
                  },
                  {
                    "type": 8,
                    "boolean": true
                  },
                  {
                    "type": 8,
                    "boolean": false
                  }
                ]
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
                "string": "ecommerce"
              },
              {
                "type": 1,
                "string": "search_term"
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
- name: "A purchase is reported with its order, its items and its value"
  code: |-
    layer.event = 'purchase';
    layer.ecommerce = {
      transaction_id: 1001, value: '49.90', currency: 'EUR',
      items: [{ item_id: 7, item_name: 'Hat', item_brand: 'Felt', item_category: 'Hats', price: '24.95', quantity: 2 }]
    };
    runCode({ does: 'event', event: 'inherit' });
    assertThat(told).isEqualTo([['twinbeam.track', 'Purchase', {
      value: 49.9, currency: 'EUR',
      contents: [{ content_id: '7', content_name: 'Hat', content_category: 'Hats', brand: 'Felt', price: 24.95, quantity: 2 }],
      content_type: 'product', order_id: '1001'
    }, {}]]);
    assertApi('gtmOnSuccess').wasCalled();
- name: "The id of the event goes to both copies as it is given"
  code: |-
    layer.event = 'add_to_cart';
    runCode({ does: 'event', event: 'inherit', eventId: 'gtm-1-2-3' });
    assertThat(told[0][3]).isEqualTo({ event_id: 'gtm-1-2-3' });
- name: "The tokens of order, checkout and cart go along, and no id is made up here"
  code: |-
    layer.event = 'purchase';
    layer.order_token = 'ot-1';
    layer.checkout_token = 'co-1';
    layer.cart_token = 'ca-1';
    runCode({ does: 'event', event: 'inherit', eventId: undefined, pixelCode: 'C4A5B6C7D8E9F0G1H2I3' });
    assertThat(told[0][3]).isEqualTo({
      pixel_code: 'C4A5B6C7D8E9F0G1H2I3', order_token: 'ot-1', checkout_token: 'co-1', cart_token: 'ca-1'
    });
- name: "An event that TikTok does not know is left alone"
  code: |-
    layer.event = 'user_engagement';
    runCode({ does: 'event', event: 'inherit' });
    assertApi('callInWindow').wasNotCalled();
    assertApi('logToConsole').wasCalled();
    assertApi('gtmOnSuccess').wasCalled();
- name: "A value that nobody said is what the items cost, or nothing where one has no price"
  code: |-
    layer.event = 'begin_checkout';
    layer.ecommerce = { currency: 'EUR', items: [{ item_id: 'a', price: 0.1, quantity: 3 }, { item_id: 'b', price: 2 }] };
    runCode({ does: 'event', event: 'inherit' });
    assertThat(told[0][2].value).isEqualTo(2.3);
    layer.ecommerce = { currency: 'EUR', items: [{ item_id: 'a', price: 1 }, { item_id: 'b' }] };
    runCode({ does: 'event', event: 'inherit' });
    assertThat(told[1][2].value).isUndefined();
- name: "A value of 0 is a value"
  code: |-
    layer.event = 'purchase';
    layer.ecommerce = { value: 0, currency: 'EUR', items: [{ item_id: 'a', price: 5 }] };
    runCode({ does: 'event', event: 'inherit' });
    assertThat(told[0][2].value).isEqualTo(0);
- name: "A name of the owner's, further properties, and who it is"
  code: |-
    layer.event = 'form_sent';
    runCode({
      does: 'event', event: 'custom', name: 'Lead',
      more: [{ name: 'description', value: 'newsletter' }, { name: 'value', value: undefined }],
      user: [{ name: 'email', value: 'ada@example.com' }, { name: 'phone_number', value: '' }]
    });
    assertThat(told[0]).isEqualTo(['twinbeam.identify', { email: 'ada@example.com' }, undefined, undefined]);
    assertThat(told[1]).isEqualTo(['twinbeam.track', 'Lead', { description: 'newsletter' }, {}]);
- name: "A search is reported with what was searched for"
  code: |-
    layer.event = 'search';
    layer.search_term = 'red hat';
    runCode({ does: 'event', event: 'inherit' });
    assertThat(told[0]).isEqualTo(['twinbeam.track', 'Search', { query: 'red hat' }, {}]);
- name: "Without the browser tag the tag fails, and says why"
  code: |-
    page.isHere = false;
    layer.event = 'purchase';
    runCode({ does: 'event', event: 'inherit' });
    assertApi('callInWindow').wasNotCalled();
    assertApi('logToConsole').wasCalled();
    assertApi('gtmOnFailure').wasCalled();
    assertApi('gtmOnSuccess').wasNotCalled();
- name: "The browser tag is loaded with its settings, and what came before it has arrived is said in its order"
  code: |-
    page.isHere = false;
    const start = {
      does: 'start', loads: true, address: 'https://shop.example/t.js', key: 'tbb_a/b', mode: 'own', pixel: 'C4A5B6C7D8E9F0G1H2I3', law: 'opt_in'
    };
    runCode(start);
    assertThat(injected[0].url).isEqualTo('https://shop.example/t.js?key=tbb_a%2Fb&whole=1&mode=own&law=opt_in&pixel=C4A5B6C7D8E9F0G1H2I3');
    layer.event = 'view_item';
    runCode({ does: 'event', event: 'inherit' });
    layer.event = 'add_to_cart';
    runCode({ does: 'event', event: 'inherit' });
    assertApi('callInWindow').wasNotCalled();
    page.isHere = true;
    injected[0].onSuccess();
    assertThat(told.map((each) => each[1])).isEqualTo(['ViewContent', 'AddToCart']);
- name: "A pixel is named only where the browser tag loads TikTok's script"
  code: |-
    page.isHere = false;
    runCode({ does: 'start', loads: true, address: 'https://shop.example/t.js', key: 'tbb_1', mode: 'gateway', pixel: 'C4A5B6C7D8E9F0G1H2I3', law: 'opt_in' });
    assertThat(injected[0].url).isEqualTo('https://shop.example/t.js?key=tbb_1&whole=1&mode=gateway&law=opt_in');
- name: "A browser tag that cannot be loaded fails the tag, and later events fail too"
  code: |-
    page.isHere = false;
    runCode({ does: 'start', loads: true, address: 'https://shop.example/t.js', key: 'tbb_1', mode: 'own' });
    injected[0].onFailure();
    assertApi('gtmOnFailure').wasCalled();
    assertApi('gtmOnSuccess').wasNotCalled();
    layer.event = 'purchase';
    runCode({ does: 'event', event: 'inherit' });
    assertApi('gtmOnSuccess').wasNotCalled();
- name: "A browser tag that stands in the page is not loaded a second time"
  code: |-
    runCode({ does: 'start', loads: true, address: 'https://shop.example/t.js', key: 'tbb_1', mode: 'own' });
    assertApi('injectScript').wasNotCalled();
    assertApi('gtmOnSuccess').wasCalled();
- name: "What waits for the browser tag is bounded"
  code: |-
    page.isHere = false;
    runCode({ does: 'start', loads: true, address: 'https://shop.example/t.js', key: 'tbb_1', mode: 'own' });
    layer.event = 'view_item';
    for (let i = 0; i < 60; i++) runCode({ does: 'event', event: 'inherit' });
    page.isHere = true;
    injected[0].onSuccess();
    assertThat(told).hasLength(50);
- name: "Consent that nobody has ever set is unknown, although Tag Manager calls it granted"
  code: |-
    page.entries = {};
    runCode({ does: 'start', hears: true });
    assertApi('callInWindow').wasNotCalled();
    assertApi('gtmOnSuccess').wasCalled();
- name: "A default of granted is not the visitor's word"
  code: |-
    page.entries = { ad_storage: { default: true }, ad_user_data: { default: true }, ad_personalization: { default: true } };
    runCode({ does: 'start', hears: true });
    assertApi('callInWindow').wasNotCalled();
- name: "A default of denied means that the visitor is being asked, and refuses nothing"
  code: |-
    page.entries = { ad_storage: { default: false }, ad_user_data: { default: false } };
    page.denied = ['ad_storage', 'ad_user_data'];
    runCode({ does: 'start', hears: true });
    assertThat(told).isEqualTo([['twinbeam.consent', { asking: true }, undefined, undefined]]);
- name: "An update of an earlier page load is heard at once"
  code: |-
    page.entries = { ad_storage: { default: false, update: true }, ad_user_data: { default: false, update: true }, ad_personalization: { update: false } };
    runCode({ does: 'start', hears: true });
    assertThat(told).isEqualTo([['twinbeam.consent', { ad_storage: 'granted', ad_user_data: 'granted', ad_personalization: 'denied' }, undefined, undefined]]);
- name: "An answer that comes later is heard, and so is its withdrawal"
  code: |-
    page.entries = { ad_storage: { default: false } };
    page.denied = ['ad_storage'];
    runCode({ does: 'start', hears: true });
    page.entries = { ad_storage: { default: false, update: true } };
    page.denied = [];
    listeners.ad_storage('ad_storage', true);
    assertThat(told[1][1]).isEqualTo({ ad_storage: 'granted' });
    page.entries = { ad_storage: { default: false, update: false } };
    page.denied = ['ad_storage'];
    listeners.ad_storage('ad_storage', false);
    assertThat(told[2][1]).isEqualTo({ ad_storage: 'denied' });
- name: "A default of denied that is set late is no refusal"
  code: |-
    page.entries = {};
    runCode({ does: 'start', hears: true });
    page.entries = { ad_user_data: { default: false } };
    page.denied = ['ad_user_data'];
    listeners.ad_user_data('ad_user_data', false);
    assertThat(told).isEqualTo([['twinbeam.consent', { asking: true }, undefined, undefined]]);
- name: "Where Tag Manager does not show its state, only a change is an answer"
  code: |-
    page.denied = ['ad_storage', 'ad_user_data', 'ad_personalization'];
    runCode({ does: 'start', hears: true });
    assertThat(told[0][1]).isEqualTo({ asking: true });
    listeners.ad_personalization('ad_personalization', false);
    assertThat(told[1][1]).isEqualTo({ asking: true });
    page.denied = ['ad_user_data', 'ad_personalization'];
    listeners.ad_storage('ad_storage', true);
    assertThat(told[2][1]).isEqualTo({ ad_storage: 'granted', asking: true });
    listeners.ad_storage('ad_storage', false);
    assertThat(told[3][1]).isEqualTo({ ad_storage: 'denied', asking: true });
- name: "Consent that is said before the browser tag has arrived is told to it first"
  code: |-
    page.isHere = false;
    page.entries = { ad_storage: { update: false } };
    runCode({ does: 'start', hears: true, loads: true, address: 'https://shop.example/t.js', key: 'tbb_1', mode: 'own' });
    layer.event = 'view_item';
    runCode({ does: 'event', event: 'inherit' });
    page.entries = { ad_storage: { update: true } };
    listeners.ad_storage('ad_storage', true);
    page.isHere = true;
    injected[0].onSuccess();
    assertThat(told.map((each) => each[0])).isEqualTo(['twinbeam.consent', 'twinbeam.track', 'twinbeam.consent']);
setup: |-
  // The page: what the data layer holds, whether the browser tag is there, what Tag Manager knows of the consent.
  const layer = {};
  const told = [];
  const listeners = {};
  const page = { isHere: true, entries: undefined, denied: [] };
  const injected = [];

  mock('copyFromDataLayer', (key) => layer[key]);
  mock('copyFromWindow', (key) => {
    if (key === 'twinbeam.track') return page.isHere ? () => {} : undefined;
    return page.entries;
  });
  mock('callInWindow', (path, one, two, three) => {
    told.push([path, one, two, three]);
  });
  mock('isConsentGranted', (type) => page.denied.indexOf(type) < 0);
  mock('addConsentListener', (type, listener) => {
    listeners[type] = listener;
  });
  mock('injectScript', (url, onSuccess, onFailure) => {
    injected.push({ url: url, onSuccess: onSuccess, onFailure: onFailure });
  });


___NOTES___

Built by install/gtm/build.py; change the parts beside it and not this file.
