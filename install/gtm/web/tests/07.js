// A name of the owner's, further properties, and who it is
layer.event = 'form_sent';
runCode({
  does: 'event', event: 'custom', name: 'Lead',
  more: [{ name: 'description', value: 'newsletter' }, { name: 'value', value: undefined }],
  user: [{ name: 'email', value: 'ada@example.com' }, { name: 'phone_number', value: '' }]
});
assertThat(told[0]).isEqualTo(['twinbeam.identify', { email: 'ada@example.com' }, undefined, undefined]);
assertThat(told[1]).isEqualTo(['twinbeam.track', 'Lead', { description: 'newsletter' }, {}]);
