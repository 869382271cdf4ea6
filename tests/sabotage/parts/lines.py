"""Write a line about every refused request."""

from twinbeam.app import reports

reports.MOST_LINES = 10**9
