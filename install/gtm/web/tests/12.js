// A browser tag that cannot be loaded fails the tag, and later events fail too
page.isHere = false;
runCode({ does: 'start', loads: true, address: 'https://shop.example/t.js', key: 'tbb_1', mode: 'own' });
injected[0].onFailure();
assertApi('gtmOnFailure').wasCalled();
assertApi('gtmOnSuccess').wasNotCalled();
layer.event = 'purchase';
runCode({ does: 'event', event: 'inherit' });
assertApi('gtmOnSuccess').wasNotCalled();
