"""Names keep their blanks and punctuation."""

from twinbeam.pipeline.identity import person

person.normal_name = str.lower
