// An event that TikTok does not know is not sent, and a name of the owner's is
event.event_name = 'user_engagement';
runCode(settings);
assertThat(gateway.requests).hasLength(0);
settings.event = 'custom';
settings.name = 'Lead';
runCode(settings);
assertThat(sent().event).isEqualTo('Lead');
