"""
Stand-ins for consent management platforms: of each, as much of its documented interface as a listener may use.

`before` is the script that a page has, as it is while the banner shows; calling `banner(true)` or `banner(false)` is
the visitor's answer. Facts: docs of Google's consent mode, IAB TCF 2.2 and GPP 1.1, cookiebot.com/developer, the developer
pages of OneTrust, Usercentrics and Didomi, shopify.dev's Customer Privacy API.
"""

from typing import NamedTuple


class Platform(NamedTuple):
    """One platform."""

    before: str
    #: What a later page sees: the answer was given before, True or False.
    later: str


GOOGLE = Platform(
    """
    gtag('consent', 'default', {ad_storage: 'denied', ad_user_data: 'denied', ad_personalization: 'denied'});
    function banner(yes) {
      var word = yes ? 'granted' : 'denied';
      gtag('consent', 'update', {ad_storage: word, ad_user_data: word, ad_personalization: word, analytics_storage: word});
    }
    """,
    "banner(ANSWER)",
)

TCF = Platform(
    """
    (function () {
      var listeners = {}, next = 1, data = {
        tcString: 'CPXtandin', tcfPolicyVersion: 5, gdprApplies: true, eventStatus: 'cmpuishown', cmpStatus: 'loaded',
        purpose: {consents: {}, legitimateInterests: {2: true, 7: true, 9: true, 10: true}}, vendor: {consents: {}}
      };
      window.__tcfapi = function (command, version, callback, parameter) {
        if (command === 'addEventListener') {
          var id = next++;
          listeners[id] = callback;
          callback(Object.assign({listenerId: id}, data), true);
        } else if (command === 'removeEventListener') callback(delete listeners[parameter]);
        else if (command === 'ping') callback({cmpStatus: 'loaded', gdprApplies: true}, true);
        else callback(null, false);
      };
      window.banner = function (yes, status) {
        for (var n = 1; n <= 10; n++) data.purpose.consents[n] = yes;
        data.vendor.consents = {986: yes};
        data.eventStatus = status || 'useractioncomplete';
        Object.keys(listeners).forEach(function (id) { listeners[id](Object.assign({listenerId: +id}, data), true); });
      };
    })();
    """,
    "banner(ANSWER, 'tcloaded')",
)

COOKIEBOT = Platform(
    """
    window.Cookiebot = {
      consent: {necessary: true, preferences: false, statistics: false, marketing: false, method: null},
      consented: false, declined: false, hasResponse: false
    };
    function banner(yes) {
      Object.assign(Cookiebot.consent, {preferences: yes, statistics: yes, marketing: yes, method: 'explicit'});
      Object.assign(Cookiebot, {consented: yes, declined: !yes, hasResponse: true});
      window.dispatchEvent(new Event('CookiebotOnConsentReady'));
      window.dispatchEvent(new Event(yes ? 'CookiebotOnAccept' : 'CookiebotOnDecline'));
    }
    """,
    "banner(ANSWER)",
)

ONETRUST = Platform(
    """
    (function () {
      var closed = false, changed = [];
      window.OnetrustActiveGroups = ',C0001,';
      window.OneTrust = {
        IsAlertBoxClosed: function () { return closed; },
        OnConsentChanged: function (callback) { changed.push(callback); },
        GetDomainData: function () { return {Groups: [{CustomGroupId: 'C0001'}, {CustomGroupId: 'C0004'}]}; }
      };
      window.banner = function (yes) {
        closed = true;
        window.OnetrustActiveGroups = yes ? ',C0001,C0002,C0003,C0004,' : ',C0001,';
        var groups = window.OnetrustActiveGroups.split(',').filter(Boolean);
        changed.forEach(function (callback) { callback(new CustomEvent('consent.onetrust', {detail: groups})); });
        window.dispatchEvent(new CustomEvent('OneTrustGroupsUpdated', {detail: groups}));
      };
    })();
    """,
    "banner(ANSWER)",
)

USERCENTRICS_2 = Platform(
    """
    (function () {
      var service = {
        id: 'S1', name: 'TikTok Pixel', categorySlug: 'marketing', isEssential: false,
        consent: {status: false, history: []}, history: [{type: 'implicit', status: false}]
      };
      window.UC_UI = {
        isInitialized: function () { return true; },
        isConsentRequired: function () { return service.history.length < 2; },
        getServicesBaseInfo: function () {
          return [service, {id: 'S2', name: 'Shop', categorySlug: 'essential', consent: {status: true},
                            history: [{type: 'implicit', status: true}]}];
        }
      };
      window.banner = function (yes) {
        service.consent.status = yes;
        service.history.push({type: 'explicit', status: yes});
        var detail = {source: 'FIRST_LAYER', type: yes ? 'ACCEPT_ALL' : 'DENY_ALL'};
        window.dispatchEvent(new CustomEvent('UC_UI_CMP_EVENT', {detail: detail}));
      };
      window.dispatchEvent(new Event('UC_UI_INITIALIZED'));
    })();
    """,
    "banner(ANSWER)",
)

USERCENTRICS_3 = Platform(
    """
    (function () {
      var details = {
        consent: {required: true, status: 'SOME_DENIED', type: 'IMPLICIT'},
        services: {S1: {name: 'TikTok Advertising', category: 'marketing', consent: {given: false, type: 'IMPLICIT'}},
                   S2: {name: 'Shop', category: 'essential', consent: {given: true, type: 'IMPLICIT'}}},
        categories: {}
      };
      window.__ucCmp = {
        isInitialized: async function () { return true; },
        getConsentDetails: async function () { return JSON.parse(JSON.stringify(details)); }
      };
      window.banner = function (yes) {
        details.consent = {required: false, status: yes ? 'ALL_ACCEPTED' : 'ALL_DENIED', type: 'EXPLICIT'};
        details.services.S1.consent = {given: yes, type: 'EXPLICIT'};
        var detail = {source: 'FIRST_LAYER', type: yes ? 'ACCEPT_ALL' : 'DENY_ALL'};
        window.dispatchEvent(new CustomEvent('UC_UI_CMP_EVENT', {detail: detail}));
        window.dispatchEvent(new CustomEvent('UC_CONSENT', {detail: JSON.parse(JSON.stringify(details))}));
      };
    })();
    """,
    "banner(ANSWER)",
)

SHOPIFY = Platform(
    """
    (function () {
      var said = {marketing: '', analytics: '', preferences: '', sale_of_data: ''};
      window.Shopify = {shop: 'hats.myshopify.com', loadFeatures: function (features, done) {
        setTimeout(function () {
          Shopify.customerPrivacy = {
            currentVisitorConsent: function () { return Object.assign({}, said); },
            getRegion: function () { return 'DE'; }
          };
          done();
        }, 20);
      }};
      window.banner = function (yes) {
        var word = yes ? 'yes' : 'no';
        said = {marketing: word, analytics: word, preferences: word, sale_of_data: word};
        var detail = {marketingAllowed: yes, analyticsAllowed: yes, preferencesAllowed: yes, saleOfDataAllowed: yes};
        document.dispatchEvent(new CustomEvent('visitorConsentCollected', {detail: detail}));
      };
    })();
    """,
    "banner(ANSWER)",
)

GPP_EUROPE = Platform(
    """
    (function () {
      var listeners = {}, next = 1, section = {Version: 2, PurposeConsents: [], VendorConsents: []};
      var ping = {gppVersion: '1.1', cmpStatus: 'loaded', cmpDisplayStatus: 'visible', signalStatus: 'not ready',
                  applicableSections: [2], parsedSections: {}};
      window.__gpp = function (command, callback, parameter) {
        if (command === 'addEventListener') {
          listeners[next] = callback;
          callback({eventName: 'listenerRegistered', listenerId: next++, data: true, pingData: ping}, true);
        } else if (command === 'ping') callback(ping, true);
        else callback(null, false);
      };
      window.banner = function (yes) {
        for (var n = 0; n < 24; n++) section.PurposeConsents[n] = yes;
        section.VendorConsents = yes ? [986] : [];
        Object.assign(ping, {signalStatus: 'ready', cmpDisplayStatus: 'hidden', parsedSections: {tcfeuv2: [section]}});
        Object.keys(listeners).forEach(function (id) {
          listeners[id]({eventName: 'signalStatus', listenerId: +id, data: 'ready', pingData: ping}, true);
        });
      };
    })();
    """,
    "banner(ANSWER)",
)

DIDOMI = Platform(
    """
    (function () {
      var asked = true, enabled = false, changed = [];
      window.didomiOnReady = window.didomiOnReady || [];
      window.didomiEventListeners = window.didomiEventListeners || [];
      window.Didomi = {
        shouldUserStatusBeCollected: function () { return asked; },
        getCurrentUserStatus: function () {
          return {regulation: 'gdpr', purposes: {cookies: {id: 'cookies', enabled: enabled}},
                  vendors: {google: {id: 'google', enabled: enabled}, 'c:tiktok-Kz4D': {id: 'c:tiktok-Kz4D', enabled: enabled}}};
        }
      };
      setTimeout(function () {
        window.didomiEventListeners.forEach(function (each) { if (each.event === 'consent.changed') changed.push(each.listener); });
        window.didomiEventListeners.push = function (each) { if (each.event === 'consent.changed') changed.push(each.listener); };
        window.didomiOnReady.forEach(function (run) { run(window.Didomi); });
        window.didomiOnReady.push = function (run) { run(window.Didomi); };
      }, 20);
      window.banner = function (yes) {
        asked = false;
        enabled = yes;
        changed.forEach(function (run) { run({consentToken: {}}); });
      };
    })();
    """,
    "banner(ANSWER)",
)

OWN = Platform(
    """
    function banner(yes) { twinbeam.consent({marketing: yes, source: 'own banner'}); }
    """,
    "banner(ANSWER)",
)

PLATFORMS = {
    "google": GOOGLE,
    "tcf": TCF,
    "cookiebot": COOKIEBOT,
    "onetrust": ONETRUST,
    "usercentrics-2": USERCENTRICS_2,
    "usercentrics-3": USERCENTRICS_3,
    "shopify": SHOPIFY,
    "gpp-europe": GPP_EUROPE,
    "didomi": DIDOMI,
    "own": OWN,
}
