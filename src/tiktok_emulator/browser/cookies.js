// First-party cookies and the session (tiktok.md 8.2, 8.3).

function writeCookies(pixel) {
  if (!pixel.cookies) return;
  setCookie("_tt_enable_cookie", "1", THIRTEEN_MONTHS_SECONDS);
  setCookie("_ttp", cookie("_ttp") || letters(26) + "_.tt.1", THIRTEEN_MONTHS_SECONDS);
  var clickId = new URLSearchParams(location.search).get("ttclid");
  if (clickId) setCookie("ttclid", clickId, THIRTEEN_MONTHS_SECONDS);
  ["ttcsid", "ttcsid_" + pixel.its.code].forEach(writeSession);
}

function writeSession(cookieName) {
  var parts = cookie(cookieName).split("::");
  var now = Date.now();
  var started = parts[0] || String(now);
  var tail = (parts[1] || "").split(".");
  setCookie(cookieName, started + "::" + (tail[0] || letters(20)) + "." + (tail[1] || 1) + "." + now + ".0", THIRTEEN_MONTHS_SECONDS);
}

function clearCookies(pixel) {
  ["_tt_enable_cookie", "_ttp", "ttclid", "ttcsid", "ttcsid_" + pixel.its.code].forEach(function (each) {
    setCookie(each, "", 0);
  });
}

function currentClickId(pixel) {
  return new URLSearchParams(location.search).get("ttclid") || (pixel.cookies ? cookie("ttclid") : "");
}

function cookie(cookieName) {
  var found = document.cookie.split("; ").filter(function (each) {
    return each.indexOf(cookieName + "=") === 0;
  })[0];
  return found ? decodeURIComponent(found.slice(cookieName.length + 1)) : "";
}

// The widest domain that the browser accepts is the registrable one.
function setCookie(cookieName, value, seconds) {
  var text = cookieName + "=" + encodeURIComponent(value) + "; path=/; max-age=" + seconds + "; SameSite=Lax";
  var labels = location.hostname.split(".");
  for (var count = 2; count <= labels.length && !/^[\d.]+$/.test(location.hostname); count++) {
    var domain = labels.slice(-count).join(".");
    document.cookie = text + "; domain=" + domain;
    if (seconds ? cookie(cookieName) === value : !cookie(cookieName)) return;
  }
  document.cookie = text;
}

function session(key) {
  try {
    var known = sessionStorage.getItem(key) || letters(20);
    sessionStorage.setItem(key, known);
    return known;
  } catch (error) {
    return "no-session-storage";
  }
}

function platform() {
  var agent = navigator.userAgent;
  return /iPhone|iPad/.test(agent) ? "ios" : /Android/.test(agent) ? "android" : "pc";
}

function debug() {
  if (cookie("pixel_debug") === "true") console.log.apply(console, ["[TT]"].concat([].slice.call(arguments)));
}
