// Consent that is said before the browser tag has arrived is told to it first
page.isHere = false;
page.entries = { ad_storage: { update: false } };
runCode({ does: 'start', hears: true, loads: true, address: 'https://shop.example/t.js', key: 'tbb_1', mode: 'own' });
layer.event = 'view_item';
runCode({ does: 'event', event: 'inherit' });
page.entries = { ad_storage: { update: true } };
listeners.ad_storage('ad_storage', true);
page.isHere = true;
injected[0].onSuccess();
assertThat(told.map((each) => each[0])).isEqualTo(['twinbeam.consent', 'twinbeam.track', 'twinbeam.consent']);
