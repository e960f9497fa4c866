/* What a reader does with the map beside looking: a verdict or a gap is clicked, a place is searched, and the map is
   presented (P, F, arrow keys, or an address that ends in #3). Plain JavaScript, no library but Leaflet. */
"use strict";
(() => {
  const data = JSON.parse(document.getElementById("map-data").textContent);
  const steps = data.steps || [];
  const body = document.body, caption = document.getElementById("caption");
  let map, step = -1;

  /* A layer is chosen as its reader would: at its switch in the layer control. */
  const choose = (key) => {
    const name = document.querySelector('[data-layer="' + key + '"]');
    const input = name && name.closest("label").querySelector("input");
    if (input && !input.checked) input.click();
  };
  const look = (box) => map.fitBounds(box || data.bounds, serviceMap.room());

  document.addEventListener("click", (event) => {
    const button = event.target.closest && event.target.closest("button.go");
    if (!button || !map) return;
    if (button.dataset.shows) {
      choose(button.dataset.shows);
      look();
    }
    if (button.dataset.box) {
      const edge = button.dataset.box.split(",").map(Number);
      look([[edge[0], edge[1]], [edge[2], edge[3]]]);
    }
    if (button.dataset.at) {
      const at = button.dataset.at.split(",").map(Number);
      map.setView(at, Math.max(map.getZoom(), 15));
      L.popup().setLatLng(at).setContent("<b>" + button.innerHTML + "</b>").openOn(map);
      clear();
    }
  });

  /* ---------- search in what is drawn: facilities, then names of units ---------- */
  const input = document.getElementById("search"), found = document.getElementById("found");
  const reader = document.createElement("textarea");
  let places;
  const plain = (html) => {
    reader.innerHTML = html;
    return reader.value.toLowerCase();
  };
  const index = () => {
    if (places) return places;
    const made = [];
    const add = (names, lon, lat) => names.forEach((name, i) => made.push([plain(name), name, lat[i], lon[i]]));
    for (const key of Object.keys(data.parts)) {
      const block = document.getElementById("part-" + key);
      if (!block || !(key === "names" || /^facilities_\d+$/.test(key))) continue;
      const content = JSON.parse(block.textContent);
      if (key === "names") content.groups.forEach((group) => add(group.names, group.lon, group.lat));
      else add(content.tooltips, content.lon, content.lat);
    }
    return places = made;
  };
  const MOST = 8;
  const clear = () => {
    found.innerHTML = "";
    input.value = "";
  };
  input.addEventListener("input", () => {
    const asked = input.value.trim().toLowerCase();
    const rows = asked ? index().filter((place) => place[0].includes(asked)).slice(0, MOST) : [];
    found.innerHTML = rows.map((place) =>
      '<li><button type="button" class="go" data-at="' + place[2] + "," + place[3] + '">' + place[1] +
      "</button></li>").join("");
  });
  input.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && found.querySelector("button")) found.querySelector("button").click();
    if (event.key === "Escape") clear();
    event.stopPropagation();
  });

  /* ---------- dark or light ---------- */
  const scheme = document.getElementById("scheme");
  body.classList.toggle("dark", window.matchMedia("(prefers-color-scheme: dark)").matches);
  scheme.addEventListener("click", () => { body.classList.toggle("dark"); });

  /* ---------- presenting ---------- */
  /* A page inside another may have no address of its own. */
  const address = (to) => {
    try {
      history.replaceState(null, "", to);
    } catch (refused) {
      return refused;
    }
    return null;
  };
  const show = (number) => {
    if (!steps.length) return;
    step = Math.max(0, Math.min(number, steps.length - 1));
    const now = steps[step];
    if (now.layer) choose(now.layer);
    caption.querySelector("p").innerHTML = now.words;
    caption.querySelector("small").textContent = (step + 1) + " / " + steps.length;
    look(now.box);
    address("#" + (step + 1));
  };
  const present = (on) => {
    body.classList.toggle("presenting", on);
    caption.hidden = !on;
    if (on) show(Math.max(step, 0));
    else address(location.pathname + location.search);
  };
  const full = () => {
    const root = document.documentElement;
    const open = root.requestFullscreen || root.webkitRequestFullscreen;
    const shut = document.exitFullscreen || document.webkitExitFullscreen;
    if (document.fullscreenElement || document.webkitFullscreenElement) shut.call(document);
    else if (open) open.call(root);
  };
  document.addEventListener("keydown", (event) => {
    if (event.target.getAttribute && event.target.getAttribute("role") === "slider") return;
    if (event.ctrlKey || event.altKey || event.metaKey || /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName)) return;
    const on = body.classList.contains("presenting");
    if (event.key === "f" || event.key === "F") full();
    else if (event.key === "d" || event.key === "D") scheme.click();
    else if ((event.key === "p" || event.key === "P") && steps.length) present(!on);
    else if (on && event.key === "Escape") present(false);
    else if (on && (event.key === "ArrowRight" || event.key === "PageDown")) show(step + 1);
    else if (on && (event.key === "ArrowLeft" || event.key === "PageUp")) show(step - 1);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }, true);

  serviceMap.whenReady((shown) => {
    map = shown;
    const asked = Number(location.hash.slice(1));
    if (asked >= 1 && steps.length) {
      step = asked - 1;
      present(true);
    }
  });
})();
