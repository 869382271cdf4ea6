// What the visitor typed comes before what Google has hashed
event.user_data = {
  email_address: 'a.da@gmail.com', sha256_email_address: 'f'.repeat(64), phone_number: '+4915123456789',
  address: [{ first_name: 'Ada', last_name: 'Lovelace', city: 'Berlin', region: 'BE', postal_code: '10115', country: 'DE' }]
};
runCode(settings);
assertThat(sent().user).isEqualTo({
  email: 'a.da@gmail.com', phone: '+4915123456789', first_name: 'Ada', last_name: 'Lovelace', city: 'Berlin', state: 'BE',
  zip_code: '10115', country: 'DE'
});
