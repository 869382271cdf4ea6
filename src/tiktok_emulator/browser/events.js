/*
 * The emulator's browser script. It takes over the page's `ttq` array, replays what was queued, and reports to the
 * collector beside it. Written from the behaviour described in tiktok.md 8, 9 and 10.1, not from TikTok's script.
 */
(function () {
  "use strict";

  var settings = __SETTINGS__;
  var THIRTEEN_MONTHS_SECONDS = 34190000;
  var source = document.currentScript && document.currentScript.src;
  var collector = (source ? new URL(source).origin : "") + "/api/v2/pixel";
  var name = window.TiktokAnalyticsObject || "ttq";
  var ttq = (window[name] = window[name] || []);
  var pageView = digits(13);
  var METHODS = [
    "page", "track", "identify", "debug", "on", "off", "once", "ready", "alias", "group", "enableCookie",
    "disableCookie", "holdConsent", "revokeConsent", "grantConsent"
  ];
  var EVENTFUL = { on: true, off: true, once: true, ready: true };
  var VERBS = {
    page: function (pixel, properties, options) {
      send(pixel, "Pageview", properties, options);
    },
    track: function (pixel, event, properties, options) {
      var only = options && options.pixel_code;
      if (!only || only === pixel.its.code) send(pixel, event, properties, options);
    },
    identify: function (pixel, first, second) {
      var given = typeof first === "string" ? Object.assign({ external_id: first }, second) : first;
      identify(pixel, given || {});
    },
    enableCookie: function (pixel) {
      pixel.cookies = true;
      if (!pixel.held && !pixel.revoked) writeCookies(pixel);
    },
    disableCookie: function (pixel) {
      pixel.cookies = false;
      clearCookies(pixel);
    },
    holdConsent: function (pixel) {
      if (pixel.its.consentMode) pixel.held = true;
    },
    grantConsent: function (pixel) {
      if (!pixel.its.consentMode) return;
      pixel.held = pixel.revoked = false;
      start(pixel);
      pixel.waiting.splice(0).forEach(function (each) {
        transmit(pixel, each.body, each.path);
      });
    },
    revokeConsent: function (pixel) {
      if (!pixel.its.consentMode) return;
      pixel.held = false;
      pixel.revoked = true;
      pixel.started = false;
      pixel.waiting = [];
      clearCookies(pixel);
    }
  };

  var ROOTS = roots();

  goLive(ttq._emulator || takeOver(ttq), settings);

  // __PARTS__: identity.js, cookies.js and sha256.js stand here; only functions, so their order means nothing.

  // ---- one runtime per page, shared by all pixels ----

  function takeOver(queue) {
    var made = { calls: [], live: {}, from: {}, listeners: {}, ready: [], path: location.href };
    var queued = queue.splice(0);
    queue._emulator = made;
    queue._i = queue._i || {};
    queue._o = queue._o || {};
    Object.keys(queue._i).forEach(function (code) {
      made.from[code] = 0;
    });
    METHODS.forEach(function (method) {
      queue[method] = function () {
        return call(made, [method].concat([].slice.call(arguments)));
      };
    });
    queue.push = function (item) {
      return Array.isArray(item) ? call(made, item) : 0;
    };
    queue.instance = function (code) {
      return made.live[code] || queue._i[code] || [];
    };
    queue.instances = function () {
      return Object.keys(queue._i).map(queue.instance);
    };
    watchLoad(queue, made);
    watchHistory(made);
    queued.forEach(function (item) {
      if (Array.isArray(item)) call(made, item);
    });
    return made;
  }

  // A pixel loaded later must not replay what happened before it was asked for.
  function watchLoad(queue, made) {
    var load = queue.load;
    queue.load = function (code) {
      if (made.live[code]) return;
      made.from[code] = made.calls.length;
      if (load) load.apply(queue, arguments);
    };
  }

  function call(made, item) {
    if (EVENTFUL[item[0]]) return listen(made, item);
    made.calls.push(item);
    Object.keys(made.live).forEach(function (code) {
      perform(made.live[code], item);
    });
  }

  function listen(made, item) {
    var verb = item[0];
    if (verb === "ready") {
      if (typeof item[1] === "function") made.ready.push(item[1]);
      if (Object.keys(made.live).length) runReady(made);
      return;
    }
    var kept = (made.listeners[item[1]] = made.listeners[item[1]] || []);
    if (verb === "off") kept.splice(0);
    else if (typeof item[2] === "function") kept.push({ once: verb === "once", run: item[2] });
  }

  function runReady(made) {
    made.ready.splice(0).forEach(function (run) {
      run();
    });
  }

  function tell(made, what, detail) {
    var kept = made.listeners[what] || [];
    made.listeners[what] = kept.filter(function (each) {
      each.run(detail);
      return !each.once;
    });
  }

  // ---- one pixel ----

  function goLive(made, its) {
    if (made.live[its.code]) return;
    var queued = (ttq._i[its.code] = ttq._i[its.code] || []);
    var own = queued.splice(0);
    var pixel = made.live[its.code] = bare(its, ttq._o[its.code] || {});
    METHODS.forEach(function (method) {
      pixel[method] = queued[method] = function () {
        return perform(pixel, [method].concat([].slice.call(arguments)));
      };
    });
    queued.push = function (item) {
      return Array.isArray(item) ? perform(pixel, item) : 0;
    };
    replay(made, pixel, own);
    runReady(made);
  }

  function bare(its, options) {
    return {
      its: its, options: options, cookies: its.cookies, held: false, revoked: false,
      waiting: [], identity: {}, inspection: {}, labels: {}, index: 0, started: false
    };
  }

  function replay(made, pixel, own) {
    made.calls.slice(made.from[pixel.its.code] || 0).forEach(function (item) {
      perform(pixel, item);
    });
    own.forEach(function (item) {
      perform(pixel, item);
    });
    start(pixel);
  }

  // Cookies and automatic collection begin only when consent is not being waited for.
  function start(pixel) {
    if (pixel.started || pixel.held || pixel.revoked) return;
    pixel.started = true;
    writeCookies(pixel);
    if (pixel.its.expanded && !automaticOff(pixel.options)) {
      report(pixel, { action: "Metadata", auto_collected_properties: { page_trigger: "PageView" } }, "/act");
    }
  }

  function automaticOff(options) {
    return options.autoConfig === false || options.auto_config === false;
  }

  function perform(pixel, item) {
    var verb = VERBS[item[0]];
    if (verb) verb.apply(null, [pixel].concat(item.slice(1)));
  }

  // ---- events ----

  function send(pixel, event, properties, options) {
    var its = options || {};
    var body = { event: event, event_id: its.event_id || "", is_onsite: false };
    body.properties = Object.assign({}, properties);
    if (its.limited_data_use || pixel.options.limited_data_use) body.limited_data_use = true;
    var testCode = its.test_event_code || pixel.options.test_event_code;
    if (testCode) body.test_event_code = testCode;
    report(pixel, body, "");
    tell(ttq._emulator, "track", { event: event, event_id: body.event_id, pixel_code: pixel.its.code });
  }

  function report(pixel, body, path) {
    if (pixel.revoked) return;
    if (!pixel.started && !pixel.held) start(pixel);
    Object.assign(body, envelope(pixel));
    if (pixel.held) pixel.waiting.push({ body: body, path: path });
    else transmit(pixel, body, path);
  }

  function envelope(pixel) {
    var now = new Date();
    return {
      message_id: "messageId-" + now.getTime() + "-" + digits(13) + "-" + pixel.its.code,
      timestamp: now.toISOString(),
      context: {
        ad: { sdk_env: "external", jsb_status: 2 },
        device: { platform: platform() },
        user: Object.assign({}, pixel.identity),
        pixel: { code: pixel.its.code, runtime: "1" },
        page: { url: location.href, referrer: document.referrer, load_progress: "2" },
        library: { name: "pixel.js", version: "emulator-1" },
        session_id: "",
        pageview_id: pageView,
        userAgent: navigator.userAgent,
        index: pixel.index++
      },
      _inspection: { identity_params: Object.assign({}, pixel.inspection) },
      signal_diagnostic_labels: Object.assign({}, pixel.labels)
    };
  }

  // Ids are read when a beacon leaves: a held one must not touch cookies or storage before consent.
  function transmit(pixel, body, path) {
    body.context.session_id = session("tt_sessionId");
    var clickId = currentClickId(pixel);
    if (clickId) body.context.ad.callback = clickId;
    var browserId = pixel.cookies ? cookie("_ttp") : "";
    if (browserId) body.context.user.ttp = browserId;
    var text = JSON.stringify(body);
    if (!(navigator.sendBeacon && navigator.sendBeacon(collector + path, text))) {
      fetch(collector + path, { method: "POST", body: text, keepalive: true, credentials: "include" }).catch(function () {});
    }
    debug("sent", body.event || body.action, body);
  }

  function watchHistory(made) {
    if (!settings.historyPageViews) return;
    ["pushState", "replaceState"].forEach(function (method) {
      var real = history[method];
      history[method] = function () {
        var result = real.apply(history, arguments);
        moved(made);
        return result;
      };
    });
    window.addEventListener("popstate", function () {
      moved(made);
    });
  }

  function moved(made) {
    if (location.href === made.path) return;
    made.path = location.href;
    pageView = digits(13);
    Object.keys(made.live).forEach(function (code) {
      perform(made.live[code], ["page"]);
    });
  }
})();
