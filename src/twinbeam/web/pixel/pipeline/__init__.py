"""Where the events of a pixel disappear: step by step, against the period before."""
