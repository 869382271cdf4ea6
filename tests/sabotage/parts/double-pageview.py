"""The tag reports the page view that TikTok's script has reported already."""

from twinbeam.pipeline.accept.tag import files


def built(true=files.built):
    its = true()
    twice = b";twinbeam.allowed(()=>twinbeam.page())"
    return files.Built({**its.texts, "main": its.texts["main"] + twice}, its.manifest)


files.built = built
