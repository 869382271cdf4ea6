// A purchase is reported with its order, its items and its value
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
