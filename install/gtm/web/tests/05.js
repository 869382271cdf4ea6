// A value that nobody said is what the items cost, or nothing where one has no price
layer.event = 'begin_checkout';
layer.ecommerce = { currency: 'EUR', items: [{ item_id: 'a', price: 0.1, quantity: 3 }, { item_id: 'b', price: 2 }] };
runCode({ does: 'event', event: 'inherit' });
assertThat(told[0][2].value).isEqualTo(2.3);
layer.ecommerce = { currency: 'EUR', items: [{ item_id: 'a', price: 1 }, { item_id: 'b' }] };
runCode({ does: 'event', event: 'inherit' });
assertThat(told[1][2].value).isUndefined();
