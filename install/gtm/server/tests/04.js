// A hash is handed on where there is nothing else, and nothing that is none
event.user_data = { sha256_email_address: ['f'.repeat(64)], sha256_phone_number: 'tv.1~em.abc' };
runCode(settings);
assertThat(sent().user).isEqualTo({ email: 'f'.repeat(64) });
