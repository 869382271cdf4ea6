// Without the browser tag the tag fails, and says why
page.isHere = false;
layer.event = 'purchase';
runCode({ does: 'event', event: 'inherit' });
assertApi('callInWindow').wasNotCalled();
assertApi('logToConsole').wasCalled();
assertApi('gtmOnFailure').wasCalled();
assertApi('gtmOnSuccess').wasNotCalled();
