// In preview mode a test code makes tests of all events
container.previewMode = true;
settings.testCode = 'TEST12345';
runCode(settings);
assertThat(gateway.requests[0].body.test_event_code).isEqualTo('TEST12345');
