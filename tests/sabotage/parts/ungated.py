"""The tag's gate stands open: it takes itself for allowed, whatever the visitor said or did not say."""

from twinbeam.pipeline.accept.tag import files


def built(true=files.built):
    its = true()
    opened = {name: text + b";twinbeam.consent({marketing:true})" for name, text in its.texts.items()}
    return files.Built({**its.texts, "main": opened["main"], "whole": opened["whole"]}, its.manifest)


files.built = built
