// Cookies that the Data Client hands over count
event.common_cookie = { _ttp: 'common', ttclid: 'clicked' };
runCode(settings);
assertThat(sent().user).isEqualTo({ ttclid: 'clicked', ttp: 'common' });
