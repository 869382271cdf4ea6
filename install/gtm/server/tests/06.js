// A click in the page's address is newer than that of a cookie, and TikTok's own cookie is nearer than ours
cookies._tb = 'v-1|of-ours|old';
cookies._ttp = 'of-tiktok';
cookies.ttclid = 'older';
event.page_location = 'https://shop.example/hat?ttclid=new&x=1';
runCode(settings);
assertThat(sent().user).isEqualTo({ ttclid: 'new', ttp: 'of-tiktok' });
