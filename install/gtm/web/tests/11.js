// A pixel is named only where the browser tag loads TikTok's script
page.isHere = false;
runCode({ does: 'start', loads: true, address: 'https://shop.example/t.js', key: 'tbb_1', mode: 'gateway', pixel: 'C4A5B6C7D8E9F0G1H2I3', law: 'opt_in' });
assertThat(injected[0].url).isEqualTo('https://shop.example/t.js?key=tbb_1&whole=1&mode=gateway&law=opt_in');
