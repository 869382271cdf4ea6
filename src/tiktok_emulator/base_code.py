"""
The base code a pixel hands out: a queue in the page until the script arrives (tiktok.md 9.2).

Written from the description of the stub's behaviour; TikTok's own base code works against the emulator as well.
"""

_STUB = """<script>
!function (w, d, name) {
  w.TiktokAnalyticsObject = name;
  var ttq = w[name] = w[name] || [];
  ttq.methods = ["page", "track", "identify", "instances", "debug", "on", "off", "once", "ready", "alias", "group",
    "enableCookie", "disableCookie", "holdConsent", "revokeConsent", "grantConsent"];
  function defer(target) {
    ttq.methods.forEach(function (method) {
      target[method] = function () { target.push([method].concat([].slice.call(arguments))); };
    });
    return target;
  }
  defer(ttq);
  ttq.instance = function (code) { return defer((ttq._i || {})[code] || []); };
  ttq.load = function (code, options) {
    var url = "%(host)s/i18n/pixel/events.js";
    ttq._i = ttq._i || {}; ttq._i[code] = []; ttq._i[code]._u = url;
    ttq._t = ttq._t || {}; ttq._t[code] = +new Date();
    ttq._o = ttq._o || {}; ttq._o[code] = options || {};
    var script = d.createElement("script");
    script.async = true;
    script.src = url + "?sdkid=" + code + "&lib=" + name;
    var first = d.getElementsByTagName("script")[0];
    first.parentNode.insertBefore(script, first);
  };
  ttq.load("%(code)s");
  ttq.page();
}(window, document, "ttq");
</script>"""


def base_code(code: str, host: str = "https://analytics.tiktok.com") -> str:
    """Return the base code of a pixel, loading its script from a host."""
    return _STUB % {"code": code, "host": host}
