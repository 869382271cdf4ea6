// The browser tag's cookie names visitor, browser and click
cookies._tb = '12-34-56-78|ttp%2E1|click%7Cone|1790000000000|first|1780000000000';
runCode(settings);
assertThat(sent().visitor_id).isEqualTo('12-34-56-78');
assertThat(sent().user).isEqualTo({ ttclid: 'click|one', ttp: 'ttp.1' });
assertApi('getCookieValues').wasCalledWith('_tb', true);
