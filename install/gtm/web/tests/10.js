// The browser tag is loaded with its settings, and what came before it has arrived is said in its order
page.isHere = false;
const start = {
  does: 'start', loads: true, address: 'https://shop.example/t.js', key: 'tbb_a/b', mode: 'own', pixel: 'C4A5B6C7D8E9F0G1H2I3', law: 'opt_in'
};
runCode(start);
assertThat(injected[0].url).isEqualTo('https://shop.example/t.js?key=tbb_a%2Fb&whole=1&mode=own&law=opt_in&pixel=C4A5B6C7D8E9F0G1H2I3');
layer.event = 'view_item';
runCode({ does: 'event', event: 'inherit' });
layer.event = 'add_to_cart';
runCode({ does: 'event', event: 'inherit' });
assertApi('callInWindow').wasNotCalled();
page.isHere = true;
injected[0].onSuccess();
assertThat(told.map((each) => each[1])).isEqualTo(['ViewContent', 'AddToCart']);
