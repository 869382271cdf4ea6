"""The gateway's copy of an event gets an id of its own, so that both sides count it."""

import re

from twinbeam.pipeline.accept.tag import files


def built(true=files.built):
    its = true()
    text, changed = re.subn(rb"event_id:\w+\.event_id\|\|(\w+\(\))", rb"event_id:\1", its.texts["main"])
    assert changed == 1, "the tag is built otherwise by now; change this file too"
    return files.Built({**its.texts, "main": text}, its.manifest)


files.built = built
