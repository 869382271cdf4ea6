// A value of 0 is a value
layer.event = 'purchase';
layer.ecommerce = { value: 0, currency: 'EUR', items: [{ item_id: 'a', price: 5 }] };
runCode({ does: 'event', event: 'inherit' });
assertThat(told[0][2].value).isEqualTo(0);
