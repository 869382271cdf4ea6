// The tokens of order, checkout and cart go along, and no id is made up here
layer.event = 'purchase';
layer.order_token = 'ot-1';
layer.checkout_token = 'co-1';
layer.cart_token = 'ca-1';
runCode({ does: 'event', event: 'inherit', eventId: undefined, pixelCode: 'C4A5B6C7D8E9F0G1H2I3' });
assertThat(told[0][3]).isEqualTo({
  pixel_code: 'C4A5B6C7D8E9F0G1H2I3', order_token: 'ot-1', checkout_token: 'co-1', cart_token: 'ca-1'
});
