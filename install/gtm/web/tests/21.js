// A default of granted is not the visitor's word
page.entries = { ad_storage: { default: true }, ad_user_data: { default: true }, ad_personalization: { default: true } };
runCode({ does: 'start', hears: true });
assertApi('callInWindow').wasNotCalled();
