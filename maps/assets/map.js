/* Draws the parts of the map that folium has no compact form for. Plain JavaScript, no library but
   Leaflet; no storage, no location, no request, so that it works from a disk and inside a frame.
   All words in the data are HTML made safe when the file was written.

   The file is read from its beginning: what is seen and clicked at once stands before this script, the
   ground and the hidden layers after it. `body.usable` says that the first is there, `body.ready` that
   everything is drawn. */
"use strict";
const serviceMap = (() => {
  const read = (id) => JSON.parse(document.getElementById(id).textContent);
  const data = read("map-data");
  const NARROW_PX = 760, LOW_PX = 480, WIDE_PX = 1200, CONTROL_PX = 260, CARD_PX = 280, LEAST_CARD_PX = 220;
  /* A telephone held upright has the panel above the map; a low screen (a large zoom, a telephone on its side)
     has a slim one beside it, as map.css says too. */
  const low = () => window.innerHeight < LOW_PX && window.innerWidth > window.innerHeight;
  const narrow = () => window.innerWidth < NARROW_PX && !low();
  const wide = () => window.innerWidth >= WIDE_PX;

  const ground = groundKit(L, (key) => read("lines-" + key));

  /* A later block of data may still be on its way when its layer is switched on. */
  let complete = false;
  const waiting = [];
  const whenThere = (part, work) => {
    if (part.early || complete) work(read("part-" + part.key));
    else waiting.push(() => work(read("part-" + part.key)));
  };

  let shown;  // the map
  let free = () => ({});  // what panel and controls leave of it
  const onReady = [];

  /* Dots of a whole city must not hide it: smaller from afar, and where they are many, smaller still. */
  const FEW_DOTS = 300;
  const dotGrowth = (zoom, count) => {
    const crowded = Math.min(1, Math.sqrt(FEW_DOTS / count)), near = Math.max(0, Math.min((zoom - 10.5) / 2, 1));
    return Math.max(0.6, Math.min(1 + (zoom - 12.5) * 0.2, 1.5)) * (crowded + (1 - crowded) * near);
  };

  /* ---------- layers; `part` is what maps/layers.py says of it, `content` the block under its key ---------- */

  const options = (part, more) => Object.assign({ pane: part.pane, heading: part.heading }, more);
  /* Cards come with $n; for the terms that many of them say. */
  const card = (content, i) => content.popups[i].replace(/\$(\d+);/g, (_, n) => content.terms[n]);
  const words = (layer, content, i) => {
    layer.bindTooltip(content.tooltips[i], { direction: "top", sticky: Boolean(layer.getBounds) });
    return layer.bindPopup(card(content, i));
  };
  /* One tooltip and one popup for all of a group: a city has thousands of dots and shapes. */
  const groupWords = (group, content, sticky) => {
    group.bindTooltip((layer) => content.tooltips[layer.row], { direction: "top", sticky });
    group.bindPopup((layer) => card(content, layer.row));
  };

  /* Most layers stay hidden: their members are made when they are first shown. */
  const whenShown = (part, make) => {
    const made = L.featureGroup([], { heading: part.heading });
    made.once("add", () => whenThere(part, (content) => {
      make(content, made).forEach((member) => made.addLayer(member));
    }));
    return made;
  };
  const shapes = (content) => {
    const rings = content.owner.map(() => []), made = Array.from({ length: content.count }, () => []);
    ground.read(content.rings, () => (i, k, lon, lat) => rings[i].push([lat, lon]));
    rings.forEach((ring, i) => {
      const mine = made[content.owner[i]];
      if (content.outer[i]) mine.push([ring]);
      else mine[mine.length - 1].push(ring);
    });
    return made;
  };

  const marks = (part, content, pane) => content.lat.map((lat, i) =>
    words(L.marker([lat, content.lon[i]], options(part, {
      pane, title: content.titles[i], alt: content.titles[i], keyboard: true, riseOnHover: true,
      zIndexOffset: content.above || 0,
      icon: L.divIcon({ className: content.looks ? content.looks[i] : content.css, html: "<span>" + content.flags[i] + "</span>", iconSize: null }),
    })), content, i));

  /* Dots of a kind look alike: their style is written once, at the group they stand in. */
  const Alike = L.SVG.extend({
    _initContainer() {
      L.SVG.prototype._initContainer.call(this);
      this.restyle();
      this._model = L.SVG.create("path");
      this._model.setAttribute("class", this.options.look.className + (this.options.look.interactive === false ? "" : " leaflet-interactive"));
    },
    _initPath(dot) {
      dot._path = this._model.cloneNode();
      this._layers[L.stamp(dot)] = dot;
    },
    _updateStyle() {},
    restyle() {
      if (!this._rootGroup) return;
      L.SVG.prototype._updateStyle.call(this, { _path: this._rootGroup, options: this.options.look });
    },
  });
  const dots = (part, content, group) => {
    const sized = () => {
      const growth = dotGrowth(shown.getZoom(), content.lat.length);
      return { radius: content.style.radius * growth, weight: content.style.weight * Math.min(1, growth + 0.2) };
    };
    const Dot = L.CircleMarker.extend({
      options: options(part, Object.assign({}, content.style, { className: content.css }, sized())),
    });
    const look = Dot.prototype.options, alike = new Alike({ pane: part.pane, look });
    Dot.mergeOptions({ renderer: alike });
    shown.on("zoomend", () => {
      Object.assign(look, sized());
      alike.restyle();
      group.eachLayer((dot) => dot.setRadius(look.radius));
    });
    if (content.tooltips) groupWords(group, content, false);
    const made = content.lat.map((lat, row) => Object.assign(new Dot([lat, content.lon[row]]), { row }));
    if (content.tooltips) roam(group, made, content);
    return made;
  };

  /* With the keyboard all dots of a kind are one stop: arrow keys go to the nearest dot that way, Enter opens its
     card. */
  const WAYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  const roam = (group, made, content) => {
    let here = made[0];
    const stop = (dot) => {
      if (here._path) here._path.removeAttribute("tabindex");
      here = dot;
      const path = dot._path;
      path.setAttribute("tabindex", "0");
      path.setAttribute("role", "button");
      path.setAttribute("aria-label", ground.plain(content.tooltips[dot.row]));
      path.onkeydown = pressed;
    };
    const next = ([right, down]) => {
      let best = null, least = Infinity;
      for (const dot of made) {
        const x = dot._point.x - here._point.x, y = dot._point.y - here._point.y;
        const along = x * right + y * down, across = Math.abs(x * down) + Math.abs(y * right);
        if (along > 0 && across <= 2 * along && along + across < least) [best, least] = [dot, along + across];
      }
      return best;
    };
    const pressed = (event) => {
      if (event.key === "Enter" || event.key === " ") {
        group.fire("click", { layer: here, latlng: here.getLatLng(), propagatedFrom: here });
      } else if (event.key in WAYS) {
        const dot = next(WAYS[event.key]);
        if (dot) {
          stop(dot);
          const { paddingTopLeft, paddingBottomRight } = free();
          shown.panInside(dot.getLatLng(), { paddingTopLeft, paddingBottomRight, animate: false });
          dot._path.focus({ preventScroll: true });
        }
      } else return;
      event.preventDefault();
      event.stopPropagation();
    };
    const start = () => { if (here && here._path) stop(here); };
    group.on("add layeradd", start);
  };

  const later = (part, draw) => new ground.Drawing(options(part, { order: part.order, draw }));
  const kinds = {
    lines: (part) => later(part, ground.drawLines(part.parts)),
    names: (part) => {
      let draw;
      return later(part, (...view) => {
        if (!draw) draw = ground.drawNames(read("part-" + part.key).groups);
        draw(...view);
      });
    },
    image: (part) => whenShown(part, (content) => [L.imageOverlay(content.uri, content.box, options(part, content.style))]),
    circles: (part) => whenShown(part, (content, group) => dots(part, content, group)),
    areas: (part) => whenShown(part, (content, group) => {
      if (content.popups) groupWords(group, content, true);
      const same = options(part, Object.assign({ className: content.css }, content.style));
      return shapes(content).map((shape, row) => Object.assign(L.polygon(shape, same), { row }));
    }),
    flags: (part) => whenShown(part, (content) => marks(part, content, part.pane)),
    paths: (part) => whenShown(part, (content) => content.lines.map((line, i) =>
      words(L.polyline(line, options(part, content.style)), content, i)).concat(marks(part, content, "markerPane"))),
  };

  /* ---------- headings in the layer control ---------- */

  let layersTitle = "";
  const { _addItem: addItem, _initLayout: initLayout } = L.Control.Layers.prototype;
  L.Control.Layers.include({
    _initLayout() {
      initLayout.call(this);
      this._layersLink.title = layersTitle;
      this._layersLink.setAttribute("aria-label", layersTitle);
    },
    _addItem(entry) {
      const heading = entry.layer.options && entry.layer.options.heading;
      if (heading && heading !== this._lastHeading) {
        const row = L.DomUtil.create("div", "layer-heading", entry.overlay ? this._overlaysList : this._baseLayersList);
        row.innerHTML = heading;
      }
      this._lastHeading = heading;
      return addItem.call(this, entry);
    },
  });

  /* The legend explains what is on the map. */
  const keepKeys = (map) => {
    const rows = [...document.querySelectorAll("#panel [data-for]")], seen = new Set();
    const show = () => {
      for (const row of rows) row.hidden = !row.dataset.for.split(" ").some((key) => seen.has(key));
    };
    const note = (change) => ({ layer }) => {
      if (!layer.options || !layer.options.key) return;
      change(layer.options.key);
      show();
    };
    map.on("layeradd", note((key) => seen.add(key)));
    map.on("layerremove", note((key) => seen.delete(key)));
  };

  /* On paper what is free on the screen fills the map's box on the sheet (map.css has the same boxes, in
     millimetres). Only scaled: a canvas drawn anew for the printer hides what lies under it. Which sheet
     it will be is known to the style alone, so the four are worked out. */
  const SHEETS_MM = {
    "a4-landscape": [190, 184], "a4-portrait": [193, 132], "a3-landscape": [292, 271], "a3-portrait": [280, 240],
  };
  const PX_PER_MM = 96 / 25.4;
  /* What a centimetre of the sheet is on the ground, at the middle of the map. */
  const EARTH_M = 40075016.686;
  const onPaper = (map, scale) => {
    const metres = EARTH_M * Math.cos(map.getCenter().lat * Math.PI / 180) / (256 * 2 ** map.getZoom());
    const ground = metres / scale * PX_PER_MM;  // under a millimetre
    const said = (number) => Number(number.toPrecision(3)).toLocaleString("en");
    return "1:" + said(1000 * ground) + " · 10 mm = " + said(10 * ground) + " m";
  };
  /* How much smaller the panel's words are set on A4, where they would not all have room: by how long they are. */
  const ROOM = 1120, LEAST_DENSE = 0.75;
  const dense = () => {
    let long = 0;
    for (const part of document.querySelectorAll("#panel header, #panel .remarks, #panel .verdicts, #panel .legend")) {
      for (const sign of part.textContent.replace(/\s+/g, " ")) long += sign > "\u2e7f" ? 1.1 : 0.47;
    }
    return Math.max(LEAST_DENSE, Math.min(1, Math.sqrt(ROOM / long)));
  };
  const fitPaper = (map, clear) => {
    const paper = L.DomUtil.create("div", "", document.body);
    paper.id = "paper-scale";
    for (const sheet of Object.keys(SHEETS_MM)) L.DomUtil.create("span", sheet, paper);
    const folds = [...document.querySelectorAll("#panel details")];
    let were = [];
    window.addEventListener("beforeprint", () => {
      const [corner, opposite] = clear(), size = map.getSize(), at = L.DomUtil.getPosition(map.getPane("mapPane"));
      const wide = size.x - corner[0] - opposite[0], high = size.y - corner[1] - opposite[1];
      const { style } = map.getContainer();
      const sliding = document.body.classList.contains("sliding");  // two maps, one under the other
      for (const sheet of Object.keys(SHEETS_MM)) {
        const [across, up] = SHEETS_MM[sheet];
        const width = across * PX_PER_MM, height = (sliding ? up / 2 - 1 : up) * PX_PER_MM;
        const scale = Math.min(width / wide, height / high);
        const x = (width - scale * wide) / 2 - scale * corner[0], y = (height - scale * high) / 2 - scale * corner[1];
        style.setProperty("--" + sheet,
          `translate(${x}px, ${y}px) scale(${scale}) translate(${at.x}px, ${at.y}px)`);
        style.setProperty("--" + sheet + "-scale", scale);
        style.setProperty("--" + sheet + "-words", Math.max(1, 1 / scale));  // words shrink with no map
        paper.querySelector("." + sheet).textContent = onPaper(map, scale);
      }
      document.documentElement.style.setProperty("--dense-a4", dense().toFixed(3));
      were = folds.map((fold) => fold.open);
      for (const fold of folds) fold.open = true;
    });
    window.addEventListener("afterprint", () => folds.forEach((fold, i) => { fold.open = were[i]; }));
  };

  const settle = (map, words) => {
    shown = map;
    keepKeys(map);
    const panel = document.getElementById("panel");
    for (const fold of panel.querySelectorAll("details[data-wide]")) fold.open = !narrow() && !low();
    /* On a low screen the panel scrolls: what is opened comes into view, its title first. */
    for (const fold of panel.querySelectorAll("details")) {
      fold.querySelector("summary").addEventListener("click", () => requestAnimationFrame(() => {
        const above = fold.getBoundingClientRect().top - panel.getBoundingClientRect().top;
        const over = above + fold.offsetHeight - panel.clientHeight;
        if (fold.open && over > 0) panel.scrollTop += Math.min(over, above);
      }));
    }
    /* What panel and controls leave free: from the top left corner, and from the opposite one. */
    const clear = () => narrow()
      ? [[8, panel.offsetHeight + 18], [8, 40]]
      : [[panel.offsetWidth + 26, 14], [wide() ? CONTROL_PX : 20, 30]];
    free = () => {
      const [topLeft, bottomRight] = document.body.classList.contains("presenting") ? [[20, 20], [20, 130]] : clear();
      return { paddingTopLeft: topLeft, paddingBottomRight: bottomRight, animate: false };
    };
    /* A card opens beside the panel, or below it where nothing is beside it, never behind it. */
    const box = () => panel.getBoundingClientRect(), beside = () => window.innerWidth - box().right > LEAST_CARD_PX;
    Object.defineProperties(L.Popup.prototype.options, {
      autoPanPaddingTopLeft: { get: () => L.point(beside() ? [box().right + 8, 8] : [8, box().bottom + 8]) },
      maxWidth: { get: () => Math.min(CARD_PX, window.innerWidth - (beside() ? box().right : 0) - 62) },
    });
    let fitted;
    const fit = () => {
      map.fitBounds(data.bounds, free());
      fitted = { zoom: map.getZoom(), centre: map.getCenter() };
    };
    fit();
    /* The window changed before anybody moved the map: the whole city stays beside the panel. */
    map.on("resize", () => {
      const moved = map.getZoom() !== fitted.zoom || map.latLngToLayerPoint(map.getCenter())
        .distanceTo(map.latLngToLayerPoint(fitted.centre)) > 3;
      if (!moved && !window.matchMedia("print").matches) fit();
    });
    /* The parts of a large gap have their marks from near; from afar they would hide it. */
    const near = () => { map.getContainer().classList.toggle("far", map.getZoom() < 12); };
    map.on("zoomend", near);
    near();
    fitPaper(map, clear);
    L.control.zoom({ position: "bottomright", zoomInTitle: words.zoomIn, zoomOutTitle: words.zoomOut }).addTo(map);
    L.control.scale({ imperial: false, maxWidth: 140, position: "bottomright" }).addTo(map);
    const north = L.control({ position: "bottomright" });
    north.onAdd = () => {
      const arrow = L.DomUtil.create("div", "north");
      arrow.innerHTML = '<svg viewBox="0 0 24 36" role="img" aria-label="' + words.north + '">' +
        '<path d="M12 2l8 22-8-5-8 5z"/><text x="12" y="35" text-anchor="middle">' + words.north + "</text></svg>";
      return arrow;
    };
    north.addTo(map);
    layersTitle = words.layers;
  };

  /* The map itself and what is shown at once are there. */
  const use = () => {
    const size = shown.getSize();
    if (size.x && size.y) document.body.classList.add("usable");
  };

  /* So is the rest of the file. What is there is painted before the ground is drawn under it. */
  const afterPaint = (work) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(work)));
  const open = () => {
    complete = true;
    for (const work of waiting.splice(0)) work();
    afterPaint(() => ground.open(() => {
      if (document.body.classList.contains("usable")) document.body.classList.add("ready");
      for (const work of onReady.splice(0)) work(shown);
    }));
  };

  const layer = (key) => {
    const part = data.parts[key];
    part.key = key;
    const made = kinds[part.kind](part);
    made.options.key = key;
    return made;
  };

  return { layer, shapes, settle, use, open, wide, room: () => free(), whenReady: (work) => onReady.push(work) };
})();
