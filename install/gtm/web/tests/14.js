// What waits for the browser tag is bounded
page.isHere = false;
runCode({ does: 'start', loads: true, address: 'https://shop.example/t.js', key: 'tbb_1', mode: 'own' });
layer.event = 'view_item';
for (let i = 0; i < 60; i++) runCode({ does: 'event', event: 'inherit' });
page.isHere = true;
injected[0].onSuccess();
assertThat(told).hasLength(50);
