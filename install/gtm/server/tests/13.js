// Without consent mode nothing is said
runCode(settings);
assertThat(sent().consent).isEqualTo({});
