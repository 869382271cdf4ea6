// The tokens and the receipt of the page go along
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
