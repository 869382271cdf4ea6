// No answer twice fails the tag
gateway.answers = [0, 0, 202];
runCode(settings);
assertThat(gateway.requests).hasLength(2);
assertApi('gtmOnFailure').wasCalled();
assertApi('logToConsole').wasCalled();
