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
