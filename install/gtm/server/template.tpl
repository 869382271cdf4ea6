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
  "description": "Hands the events of a server container on to your Twinbeam gateway, with their event_id and what the visitor said about consent.",
  "containerContexts": [
    "SERVER"
  ]
}


___TEMPLATE_PARAMETERS___

[
  {
    "type": "TEXT",
    "name": "gateway",
    "displayName": "Address of the gateway",
    "help": "Such as https://events.shop.example, without a path.",
    "simpleValueType": true,
    "valueValidators": [
      {
        "type": "NON_EMPTY"
      },
      {
        "type": "REGEX",
        "args": [
          "https://[^/?#]+/?"
        ]
      }
    ]
  },
  {
    "type": "TEXT",
    "name": "key",
    "displayName": "Server key",
    "help": "From twinbeam keys create server. It is secret: whoever may read this container may send with it.",
    "simpleValueType": true,
    "valueValidators": [
      {
        "type": "NON_EMPTY"
      },
      {
        "type": "REGEX",
        "args": [
          "tbs_.+"
        ]
      }
    ]
  },
  {
    "type": "SELECT",
    "name": "event",
    "displayName": "Event",
    "selectItems": [
      {
        "value": "inherit",
        "displayValue": "From the event, by its name in Google Analytics 4"
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
    "name": "pixel",
    "displayName": "Only to this pixel (empty: wherever the key leads)",
    "simpleValueType": true
  },
  {
    "type": "CHECKBOX",
    "name": "believesState",
    "checkboxText": "consent_state was set by a consent banner",
    "help": "For the Data Client: its consent_state says \"granted\" where no banner is there at all. Refusals in it always count; grants only if this is ticked.",
    "simpleValueType": true,
    "defaultValue": false
  },
  {
    "type": "TEXT",
    "name": "testCode",
    "displayName": "Test code for preview mode",
    "help": "From TikTok's test page, such as TEST12345: events of preview mode go there and do not count. Empty: events of preview mode are not sent; the console shows what would have been.",
    "simpleValueType": true
  },
  {
    "type": "TEXT",
    "name": "seconds",
    "displayName": "Seconds to wait for the gateway",
    "simpleValueType": true,
    "defaultValue": "5",
    "valueValidators": [
      {
        "type": "POSITIVE_NUMBER"
      }
    ]
  }
]


___SANDBOXED_JS_FOR_SERVER___

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


___SERVER_PERMISSIONS___

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
        "publicId": "read_container_data",
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
        "publicId": "read_event_data",
        "versionId": "1"
      },
      "param": [
        {
          "key": "eventDataAccess",
          "value": {
            "type": 1,
            "string": "any"
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
        "publicId": "send_http",
        "versionId": "1"
      },
      "param": [
        {
          "key": "allowedUrls",
          "value": {
            "type": 1,
            "string": "any"
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
        "publicId": "get_cookies",
        "versionId": "1"
      },
      "param": [
        {
          "key": "cookieAccess",
          "value": {
            "type": 1,
            "string": "specific"
          }
        },
        {
          "key": "cookieNames",
          "value": {
            "type": 2,
            "listItem": [
              {
                "type": 1,
                "string": "_tb"
              },
              {
                "type": 1,
                "string": "_ttp"
              },
              {
                "type": 1,
                "string": "ttclid"
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
- name: "A purchase goes to the gateway under the id that the page has given it"
  code: |-
    event.transaction_id = 1001;
    event.value = 49.9;
    event.currency = 'EUR';
    event.items = [{ item_id: 'h-7', item_name: 'Hat', price: 24.95, quantity: 2 }];
    event.page_location = 'https://shop.example/thanks';
    event.page_referrer = 'https://shop.example/pay';
    event.ip_override = '8.8.4.4';
    event.user_agent = 'Mozilla/5.0 (iPhone)';
    event.language = 'de-de';
    event.user_id = 4711;
    runCode(settings);
    assertThat(gateway.requests[0].url).isEqualTo('https://events.shop.example/v1/events');
    assertThat(gateway.requests[0].options).isEqualTo({
      method: 'POST', timeout: 5000,
      headers: { 'Content-Type': 'application/json', Authorization: 'Bearer tbs_secret' }
    });
    assertThat(gateway.requests[0].body).isEqualTo({ events: [{
      event: 'Purchase', event_time: 1790000000, event_id: 'e-1', order_id: '1001',
      user: { external_id: '4711', ip: '8.8.4.4', user_agent: 'Mozilla/5.0 (iPhone)', locale: 'de-de' },
      page: { url: 'https://shop.example/thanks', referrer: 'https://shop.example/pay' },
      properties: {
        value: 49.9, currency: 'EUR', content_type: 'product',
        contents: [{ content_id: 'h-7', content_name: 'Hat', price: 24.95, quantity: 2 }]
      },
      consent: {}
    }] });
    assertApi('gtmOnSuccess').wasCalled();
- name: "The tokens and the receipt of the page go along"
  code: |-
    event.order_token = 'ot-1';
    event.checkout_token = 'co-1';
    event.cart_token = 'ca-1';
    event.visitor_id = 'v-1';
    event.consent_receipt = 'tbc1_receipt';
    runCode({ gateway: 'https://events.shop.example/', key: 'tbs_secret', event: 'inherit', pixel: 'C4A5B6C7D8E9F0G1H2I3' });
    assertThat(gateway.requests[0].url).isEqualTo('https://events.shop.example/v1/events');
    assertThat(sent().order_token).isEqualTo('ot-1');
    assertThat(sent().checkout_token).isEqualTo('co-1');
    assertThat(sent().cart_token).isEqualTo('ca-1');
    assertThat(sent().visitor_id).isEqualTo('v-1');
    assertThat(sent().consent_receipt).isEqualTo('tbc1_receipt');
    assertThat(sent().pixel).isEqualTo('C4A5B6C7D8E9F0G1H2I3');
- name: "What the visitor typed comes before what Google has hashed"
  code: |-
    event.user_data = {
      email_address: 'a.da@gmail.com', sha256_email_address: 'f'.repeat(64), phone_number: '+4915123456789',
      address: [{ first_name: 'Ada', last_name: 'Lovelace', city: 'Berlin', region: 'BE', postal_code: '10115', country: 'DE' }]
    };
    runCode(settings);
    assertThat(sent().user).isEqualTo({
      email: 'a.da@gmail.com', phone: '+4915123456789', first_name: 'Ada', last_name: 'Lovelace', city: 'Berlin', state: 'BE',
      zip_code: '10115', country: 'DE'
    });
- name: "A hash is handed on where there is nothing else, and nothing that is none"
  code: |-
    event.user_data = { sha256_email_address: ['f'.repeat(64)], sha256_phone_number: 'tv.1~em.abc' };
    runCode(settings);
    assertThat(sent().user).isEqualTo({ email: 'f'.repeat(64) });
- name: "The browser tag's cookie names visitor, browser and click"
  code: |-
    cookies._tb = '12-34-56-78|ttp%2E1|click%7Cone|1790000000000|first|1780000000000';
    runCode(settings);
    assertThat(sent().visitor_id).isEqualTo('12-34-56-78');
    assertThat(sent().user).isEqualTo({ ttclid: 'click|one', ttp: 'ttp.1' });
    assertApi('getCookieValues').wasCalledWith('_tb', true);
- name: "A click in the page's address is newer than that of a cookie, and TikTok's own cookie is nearer than ours"
  code: |-
    cookies._tb = 'v-1|of-ours|old';
    cookies._ttp = 'of-tiktok';
    cookies.ttclid = 'older';
    event.page_location = 'https://shop.example/hat?ttclid=new&x=1';
    runCode(settings);
    assertThat(sent().user).isEqualTo({ ttclid: 'new', ttp: 'of-tiktok' });
- name: "Cookies that the Data Client hands over count"
  code: |-
    event.common_cookie = { _ttp: 'common', ttclid: 'clicked' };
    runCode(settings);
    assertThat(sent().user).isEqualTo({ ttclid: 'clicked', ttp: 'common' });
- name: "Answers in Google's consent mode are handed on as they are"
  code: |-
    event['x-ga-gcs'] = 'G111';
    event['x-ga-gcd'] = '11r1r1r1r5';
    runCode(settings);
    assertThat(sent().consent).isEqualTo({ gcs: 'G111', gcd: '11r1r1r1r5', source: 'tag manager' });
- name: "Denied by default is no refusal: the event waits for the visitor's word"
  code: |-
    event['x-ga-gcs'] = 'G100';
    event['x-ga-gcd'] = '11p1p1p1p5';
    runCode(settings);
    assertThat(sent().consent).isEqualTo({
      evidence: '11p1p1p1p5', ad_storage: 'undecided', ad_user_data: 'undecided', ad_personalization: 'undecided', source: 'tag manager'
    });
- name: "Granted by default is no permission, and what was answered beside it is told"
  code: |-
    event['x-ga-gcs'] = 'G111';
    event['x-ga-gcd'] = '11t1t1r1u5';
    runCode(settings);
    assertThat(sent().consent).isEqualTo({
      evidence: '11t1t1r1u5', ad_user_data: 'granted', ad_personalization: 'denied', source: 'tag manager'
    });
- name: "Without consent mode nothing is said"
  code: |-
    runCode(settings);
    assertThat(sent().consent).isEqualTo({});
- name: "consent_state may refuse, and grants only where a banner has set it"
  code: |-
    event.consent_state = { ad_storage: true, ad_user_data: false, analytics_storage: true };
    runCode(settings);
    assertThat(sent().consent).isEqualTo({ ad_user_data: 'denied', source: 'tag manager' });
    settings.believesState = true;
    event.consent_state = { ad_storage: 'granted', ad_user_data: true, ad_personalization: 'denied' };
    runCode(settings);
    assertThat(gateway.requests[1].body.events[0].consent).isEqualTo({
      ad_storage: 'granted', ad_user_data: 'granted', ad_personalization: 'denied', source: 'tag manager'
    });
- name: "Anything but 2xx fails the tag"
  code: |-
    gateway.answers = [401];
    runCode(settings);
    assertThat(gateway.requests).hasLength(1);
    assertApi('gtmOnFailure').wasCalled();
    assertApi('gtmOnSuccess').wasNotCalled();
- name: "A gateway that is restarting is asked once more"
  code: |-
    gateway.answers = [503, 202];
    runCode(settings);
    assertThat(gateway.requests).hasLength(2);
    assertThat(gateway.requests[1].body).isEqualTo(gateway.requests[0].body);
    assertApi('gtmOnSuccess').wasCalled();
    assertApi('gtmOnFailure').wasNotCalled();
- name: "No answer twice fails the tag"
  code: |-
    gateway.answers = [0, 0, 202];
    runCode(settings);
    assertThat(gateway.requests).hasLength(2);
    assertApi('gtmOnFailure').wasCalled();
    assertApi('logToConsole').wasCalled();
- name: "In preview mode nothing is sent without a test code, and the console shows nobody's data"
  code: |-
    container.previewMode = true;
    event.user_data = { email_address: 'ada@example.com' };
    const shown = [];
    mock('logToConsole', (text) => {
      shown.push(text);
    });
    runCode(settings);
    assertThat(gateway.requests).hasLength(0);
    assertThat(shown[0]).contains('"event":"Purchase"');
    assertThat(shown[0]).doesNotContain('ada@example.com');
    assertApi('gtmOnSuccess').wasCalled();
- name: "In preview mode a test code makes tests of all events"
  code: |-
    container.previewMode = true;
    settings.testCode = 'TEST12345';
    runCode(settings);
    assertThat(gateway.requests[0].body.test_event_code).isEqualTo('TEST12345');
- name: "Outside of preview mode the test code is not used"
  code: |-
    settings.testCode = 'TEST12345';
    runCode(settings);
    assertThat(gateway.requests[0].body.test_event_code).isUndefined();
- name: "Pages of Google's own monitoring are nobody's visit"
  code: |-
    event.page_location = 'https://gtm-msr.appspot.com/render?id=GTM-1';
    runCode(settings);
    assertThat(gateway.requests).hasLength(0);
    assertApi('gtmOnSuccess').wasCalled();
- name: "An event that TikTok does not know is not sent, and a name of the owner's is"
  code: |-
    event.event_name = 'user_engagement';
    runCode(settings);
    assertThat(gateway.requests).hasLength(0);
    settings.event = 'custom';
    settings.name = 'Lead';
    runCode(settings);
    assertThat(sent().event).isEqualTo('Lead');
setup: |-
  // The event as a client of the container hands it over, the visitor's cookies, and the gateway.
  const event = { event_name: 'purchase', event_id: 'e-1' };
  const cookies = {};
  const container = { previewMode: false };
  const gateway = { answers: [202], requests: [] };
  const settings = { gateway: 'https://events.shop.example', key: 'tbs_secret', event: 'inherit', seconds: '5' };
  const JSON = require('JSON');

  mock('getAllEventData', () => event);
  mock('getCookieValues', (name) => (cookies[name] ? [cookies[name]] : []));
  mock('getContainerVersion', () => container);
  mock('getTimestampMillis', 1790000000999);
  mock('sendHttpRequest', (url, callback, options, body) => {
    gateway.requests.push({ url: url, options: options, body: JSON.parse(body) });
    const status = gateway.answers[gateway.requests.length - 1];
    callback(status === undefined ? 202 : status, {}, '{"message": "said by the gateway"}');
  });
  const sent = () => gateway.requests[0].body.events[0];


___NOTES___

Built by install/gtm/build.py; change the parts beside it and not this file.
