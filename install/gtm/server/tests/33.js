// Pages of Google's own monitoring are nobody's visit
event.page_location = 'https://gtm-msr.appspot.com/render?id=GTM-1';
runCode(settings);
assertThat(gateway.requests).hasLength(0);
assertApi('gtmOnSuccess').wasCalled();
