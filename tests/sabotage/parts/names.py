"""Count every name by itself, whoever names it."""

from twinbeam.pipeline.record import counted

counted.MOST_NAMES = 10**9
