// A gateway that is restarting is asked once more
gateway.answers = [503, 202];
runCode(settings);
assertThat(gateway.requests).hasLength(2);
assertThat(gateway.requests[1].body).isEqualTo(gateway.requests[0].body);
assertApi('gtmOnSuccess').wasCalled();
assertApi('gtmOnFailure').wasNotCalled();
