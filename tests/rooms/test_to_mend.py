"""What senders are told to mend is counted by codes that there are."""

from twinbeam.core.pixel_counts import MEND_BY_CODE, MEND_BY_FIELD
from twinbeam.pipeline.accept.codes import Remark
from twinbeam.pipeline.identity.notices import Trouble


def test_each_code_that_is_counted_is_one_that_senders_are_told():
    codes = {*MEND_BY_CODE, *(code for _, code in MEND_BY_FIELD)}
    assert codes <= {*map(str, Remark), *map(str, Trouble)}
