"""The gates of the tag and of Shopify's pixel stand open: both take themselves for allowed, whatever the visitor said."""

from twinbeam.pipeline.accept.tag import files


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
