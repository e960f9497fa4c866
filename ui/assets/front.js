/* Runs before the page's own program, in whatever browser: no syntax newer than 2015 here.
   What Chrome 109 and Firefox ESR 115 lack is added; an older browser gets a sentence instead of a
   white page; the language of the page is told to the browser; rows of tables move the map. */
(function () {
  "use strict";
  var OLDEST = { Chrome: 109, Firefox: 115, Safari: 16 };
  var PATIENCE_MS = 30000;

  /* ---------- what Streamlit's program calls and these browsers do not have ---------- */

  function add(owner, name, made) {
    if (!owner[name]) Object.defineProperty(owner, name, { value: made, configurable: true, writable: true });
  }
  add(Array.prototype, "toSorted", function (order) { return this.slice().sort(order); });
  add(Array.prototype, "toReversed", function () { return this.slice().reverse(); });
  add(Array.prototype, "toSpliced", function () {
    var copy = this.slice();
    copy.splice.apply(copy, arguments);
    return copy;
  });
  add(Array.prototype, "with", function (at, value) {
    var copy = this.slice();
    copy[at < 0 ? copy.length + at : at] = value;
    return copy;
  });
  if (window.URL) {
    add(URL, "canParse", function (address, base) {
      try { return Boolean(new URL(address, base)); } catch (_) { return false; }
    });
  }
  if (window.Promise) {
    add(Promise, "withResolvers", function () {
      var parts = {};
      parts.promise = new Promise(function (resolve, reject) { parts.resolve = resolve; parts.reject = reject; });
      return parts;
    });
  }

  /* ---------- too old, or broken while it starts: a sentence, never a white page ---------- */

  function browser() {
    var said = navigator.userAgent, found = /(Firefox|Chrome|CriOS|FxiOS)\/(\d+)/.exec(said);
    var name = /\b(MSIE |Trident\/)/.test(said) ? "Internet Explorer" : found ? found[1] : "";
    if (!found && /Safari\//.test(said)) found = /(Version)\/(\d+)/.exec(said);
    if (found && found[1] === "Version") name = "Safari";
    return { name: name, version: found ? Number(found[2]) : 0 };
  }
  function tooOld(it) {
    return it.name === "Internet Explorer" || (OLDEST[it.name] !== undefined && it.version < OLDEST[it.name]);
  }
  function called(it) { return it.name ? it.name + (it.version ? " " + it.version : "") : navigator.userAgent; }

  function tell() {
    var box = document.getElementById("front-old");
    if (!box) return;
    var spots = box.querySelectorAll(".front-browser");
    for (var i = 0; i < spots.length; i++) spots[i].textContent = called(browser());
    box.style.display = "block";
  }
  var started = function () {
    var root = document.getElementById("root");
    return Boolean(root && root.firstChild);
  };
  window.addEventListener("error", function () { if (!started()) tell(); }, true);
  document.addEventListener("DOMContentLoaded", function () {
    if (tooOld(browser())) tell();
    else setTimeout(function () { if (!started()) tell(); }, PATIENCE_MS);
  });

  /* ---------- what was chosen is found again: the key of this browser's session ---------- */

  var KEY = "service-circle-session";
  function remembered() { try { return localStorage.getItem(KEY) || ""; } catch (_) { return ""; } }
  function remember(key) { try { localStorage.setItem(KEY, key); } catch (_) { /* private windows */ } }
  if (!/[?&]s=/.test(location.search) && /^[0-9a-f]{32}$/.test(remembered())) {
    history.replaceState(history.state, "", location.pathname + (location.search ? location.search + "&" : "?") +
      "s=" + remembered() + location.hash);
  }

  /* ---------- the language, and what the page says about itself ---------- */

  function follow() {
    var mark = document.querySelector("[data-page-language]");
    if (!mark) return;
    var language = mark.getAttribute("data-page-language");
    var session = /[?&]s=([0-9a-f]{32})/.exec(location.search);
    if (document.documentElement.lang !== language) document.documentElement.lang = language;
    if (session && session[1] !== remembered()) remember(session[1]);
    uploads(language);
  }
  /* Streamlit says these words in English whatever the page speaks. */
  function uploads(language) {
    var boxes = document.querySelectorAll('[data-testid="stFileUploaderDropzone"]');
    for (var i = 0; i < boxes.length; i++) {
      var walk = document.createTreeWalker(boxes[i], NodeFilter.SHOW_TEXT, null), node;
      while ((node = walk.nextNode())) {
        if (node.nodeValue !== node.shown) node.english = node.nodeValue;
        var words = node.english;
        if (language.indexOf("zh") === 0) {
          words = words === "Upload" ? "选择文件" : words.replace(/^(\d\S*) per file$/, "每个文件不超过$1");
        }
        node.shown = words;
        if (node.nodeValue !== words) node.nodeValue = words;
      }
    }
  }
  if (window.MutationObserver) new MutationObserver(follow).observe(document, { childList: true, subtree: true });

  /* ---------- a row moves the map and says who lives there; a button presses another ---------- */

  /* The page says above the map what the map's own head says, and the table beside it what it lists. */
  var EMBEDDED = "@media screen { #panel header { display: none } #panel details:first-of-type { border-top: 0 } }" +
    "@media screen and (max-width: 760px) { #panel { right: auto; max-width: 15rem } }";
  function embed(frame) {
    var inside = null;
    try { inside = frame.contentDocument; } catch (_) { return; }
    if (!inside || !inside.head || !inside.getElementById("panel") || inside.getElementById("embedded")) return;
    var style = inside.createElement("style");
    style.id = "embedded";
    style.textContent = EMBEDDED;
    inside.head.appendChild(style);
    var map = frameMap(frame), data = inside.getElementById("map-data");
    if (map && data) {
      map.fitBounds(JSON.parse(data.textContent).bounds,
        { paddingTopLeft: [14, 44], paddingBottomRight: [14, 24], animate: false });
    }
  }
  document.addEventListener("load", function (event) {
    if (event.target && event.target.tagName === "IFRAME" && event.target.hasAttribute("srcdoc")) embed(event.target);
  }, true);
  function frameMap(frame) {
    try { return frame.contentWindow && frame.contentWindow.map_main; } catch (_) { return null; }
  }
  function showRule(view, title) {
    var labels = title ? view.document.querySelectorAll(".leaflet-control-layers-base label") : [];
    for (var i = 0; i < labels.length; i++) {
      var box = labels[i].querySelector("input");
      if (labels[i].textContent.trim() === title && box && !box.checked) box.click();
    }
  }
  function goTo(at) {
    var frame = document.querySelector("iframe[srcdoc]"), map = frame && frameMap(frame);
    var said = document.querySelector(".goto-said");
    if (said) said.textContent = at.getAttribute("data-says");
    var chosen = document.querySelectorAll(".goto[aria-current]");
    for (var i = 0; i < chosen.length; i++) chosen[i].removeAttribute("aria-current");
    at.setAttribute("aria-current", "location");
    if (!map) return;
    var view = frame.contentWindow;
    showRule(view, at.getAttribute("data-rule"));
    var words = view.document.createElement("div");
    words.textContent = at.getAttribute("data-says");
    var west = at.getAttribute("data-west");
    if (west !== null) {
      var corner = function (y, x) { return [Number(at.getAttribute(y)), Number(at.getAttribute(x))]; };
      map.fitBounds([corner("data-south", "data-west"), corner("data-north", "data-east")],
        { paddingTopLeft: [60, 60], paddingBottomRight: [30, 30], maxZoom: 15, animate: false });
    } else {
      map.setView([Number(at.getAttribute("data-lat")), Number(at.getAttribute("data-lon"))], 15, { animate: false });
    }
    var place = [Number(at.getAttribute("data-lat")), Number(at.getAttribute("data-lon"))];
    view.L.popup().setLatLng(place).setContent(words).openOn(map);
    frame.scrollIntoView({ block: "nearest" });
  }
  document.addEventListener("click", function (event) {
    var target = event.target.closest && event.target.closest("[data-goto], [data-press], [data-skip]");
    if (!target) return;
    event.preventDefault();
    if (target.hasAttribute("data-skip")) {
      var after = document.getElementById(target.getAttribute("data-skip"));
      if (after) { after.focus(); after.scrollIntoView({ block: "nearest" }); }
    } else if (target.hasAttribute("data-press")) {
      var button = document.querySelector(".st-key-" + target.getAttribute("data-press") + " button");
      if (button) button.click();
    } else {
      goTo(target);
    }
  });
})();
