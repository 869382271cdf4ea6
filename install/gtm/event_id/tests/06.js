// Views and carts are many in one order, so a token names none of them
layer.order_token = 'ot-1';
layer.cart_token = 'ca-1';
assertThat(runCode({})).contains('gtm-');
layer.event = 'add_to_cart';
layer['gtm.uniqueEventId'] = 2;
assertThat(runCode({})).contains('gtm-');
