// Consent that nobody has ever set is unknown, although Tag Manager calls it granted
page.entries = {};
runCode({ does: 'start', hears: true });
assertApi('callInWindow').wasNotCalled();
assertApi('gtmOnSuccess').wasCalled();
