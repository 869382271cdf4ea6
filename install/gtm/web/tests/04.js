// An event that TikTok does not know is left alone
layer.event = 'user_engagement';
runCode({ does: 'event', event: 'inherit' });
assertApi('callInWindow').wasNotCalled();
assertApi('logToConsole').wasCalled();
assertApi('gtmOnSuccess').wasCalled();
