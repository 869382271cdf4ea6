// So does a checkout, and a cart for the steps before the order
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
