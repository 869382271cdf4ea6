"""The gates stand open, the tag's and the gateway's: each takes itself for allowed, whatever the visitor said or not."""

from twinbeam.core.values import Decision, Permission
from twinbeam.pipeline.accept.tag import files
from twinbeam.pipeline.consent import gate


def built(true=files.built):
    its = true()
    opened = {name: text + b";twinbeam.consent({marketing:true})" for name, text in its.texts.items()}
    return files.Built({**its.texts, "main": opened["main"], "whole": opened["whole"]}, its.manifest)


files.built = built
gate._verdict = lambda *_: Permission(Decision.ALLOWED, "sabotaged")
