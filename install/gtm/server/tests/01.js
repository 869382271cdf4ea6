// A purchase goes to the gateway under the id that the page has given it
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
