// In preview mode nothing is sent without a test code, and the console shows nobody's data
container.previewMode = true;
event.user_data = { email_address: 'ada@example.com' };
const shown = [];
mock('logToConsole', (text) => {
  shown.push(text);
});
runCode(settings);
assertThat(gateway.requests).hasLength(0);
assertThat(shown[0]).contains('"event":"Purchase"');
assertThat(shown[0]).doesNotContain('ada@example.com');
assertApi('gtmOnSuccess').wasCalled();
