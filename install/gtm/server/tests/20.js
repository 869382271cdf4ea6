// Anything but 2xx fails the tag
gateway.answers = [401];
runCode(settings);
assertThat(gateway.requests).hasLength(1);
assertApi('gtmOnFailure').wasCalled();
assertApi('gtmOnSuccess').wasNotCalled();
