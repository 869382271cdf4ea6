// An order names its events by itself, the same after a reload
layer.event = 'purchase';
layer.ecommerce = { transaction_id: '1001' };
assertThat(runCode({})).isUndefined();
layer.ecommerce = undefined;
layer.order_token = 'ot-1';
assertThat(runCode({})).isUndefined();
