"""The gates stand open: the tag's, Shopify's pixel's and the gateway's take all for allowed, whatever was said."""

from twinbeam.core.values import Decision, Permission
from twinbeam.pipeline.accept.tag import files
from twinbeam.pipeline.consent import gate


def built(true=files.built):
    its = true()
    opened = {name: text + b";twinbeam.consent({marketing:true})" for name, text in its.texts.items()}
    return files.Built({**its.texts, "main": opened["main"], "whole": opened["whole"]}, its.manifest)


files.built = built


def pixel(true):
    text = true()
    assert text.count("function state() {") == 1, "the pixel is built otherwise by now; change this file too"
    return text.replace("function state() {", 'function state() { return "granted";')


try:
    import shop_pixel  # the tests' own, which puts the pixel into a page
except ImportError:
    pass  # a process of the gateway
else:
    shop_pixel.built = lambda true=shop_pixel.built: pixel(true)
gate._verdict = lambda *_: Permission(Decision.ALLOWED, "sabotaged")
