// Outside of preview mode the test code is not used
settings.testCode = 'TEST12345';
runCode(settings);
assertThat(gateway.requests[0].body.test_event_code).isUndefined();
