// All tags of an event get one id, and the next event another one
const one = runCode({});
assertThat(one).contains('gtm-');
assertThat(runCode({})).isEqualTo(one);
layer['gtm.uniqueEventId'] = 2;
const two = runCode({});
assertThat(two).isNotEqualTo(one);
layer['gtm.uniqueEventId'] = 1;
assertThat(runCode({})).isEqualTo(one);
