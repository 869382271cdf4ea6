// A browser tag that stands in the page is not loaded a second time
runCode({ does: 'start', loads: true, address: 'https://shop.example/t.js', key: 'tbb_1', mode: 'own' });
assertApi('injectScript').wasNotCalled();
assertApi('gtmOnSuccess').wasCalled();
