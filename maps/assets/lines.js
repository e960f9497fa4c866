/* The ground of our maps: packed lines and names, drawn on canvases of Leaflet's panes. Plain JavaScript,
   no library but Leaflet, no request. `groundKit(L, packed)` serves one map; `packed(key)` gives the lines of
   a key as maps/ground_layers.py packs them. */
"use strict";
const groundKit = (L, packed) => {
  /* ---------- packed lines (maps/polylines.py writes them) ---------- */

  /* A loop: Uint8Array.from with a function takes thirty times as long. */
  const bytesOf = (base64) => {
    const text = atob(base64), bytes = new Uint8Array(text.length);
    for (let i = 0; i < bytes.length; i++) bytes[i] = text.charCodeAt(i);
    return bytes;
  };

  /* Hands `prepare` where each line starts, then what it returns every vertex: line, number, lon, lat. */
  const read = (base64, prepare) => {
    const bytes = bytesOf(base64);
    let at = 0;
    const next = () => {
      let octet = bytes[at++], value = octet & 127;
      for (let place = 7; octet > 127; place += 7) {
        octet = bytes[at++];
        value |= (octet & 127) << place;
      }
      return value;
    };
    const step = () => { const n = next(); return (n >>> 1) ^ -(n & 1); };
    const count = next();
    const start = new Uint32Array(count + 1);
    for (let i = 0; i < count; i++) start[i + 1] = start[i] + next();
    const visit = prepare(start, count);
    let lon = 0, lat = 0;
    for (let i = 0; i < count; i++) {
      for (let k = start[i]; k < start[i + 1]; k++) {
        lon += step();
        lat += step();
        visit(i, k, lon / 1e5, lat / 1e5);
      }
    }
  };

  /* Lines for a canvas: world coordinates 0…1 of Mercator, and the box of each line. */
  const unpack = (base64) => {
    let part;
    read(base64, (start, count) => {
      const x = new Float64Array(start[count]), y = new Float64Array(start[count]), box = new Float64Array(4 * count);
      for (let i = 0; i < 4 * count; i += 4) box.set([2, 2, -1, -1], i);
      part = { x, y, box, start, count };
      return (i, k, lon, lat) => {
        const px = x[k] = worldX(lon), py = y[k] = worldY(lat), at = 4 * i;
        if (px < box[at]) box[at] = px;
        if (py < box[at + 1]) box[at + 1] = py;
        if (px > box[at + 2]) box[at + 2] = px;
        if (py > box[at + 3]) box[at + 3] = py;
      };
    });
    return part;
  };
  const worldX = (lon) => (lon + 180) / 360;
  const exactY = (lat) => 0.5 - Math.asinh(Math.tan(lat * Math.PI / 180)) / (2 * Math.PI);

  /* Straight between known latitudes, a thousandth of a degree apart: within a twentieth of a pixel on
     every zoom, and many times faster for the vertices of a city. */
  const knownY = new Map();
  const nodeY = (node) => {
    let y = knownY.get(node);
    if (y === undefined) knownY.set(node, y = exactY(node / 1000));
    return y;
  };
  const worldY = (lat) => {
    const node = Math.floor(lat * 1000), low = nodeY(node);
    return low + (nodeY(node + 1) - low) * (lat * 1000 - node);
  };

  const unpacked = new Map();
  const lines = (key) => {
    if (!unpacked.has(key)) unpacked.set(key, unpack(packed(key)));
    return unpacked.get(key);
  };

  /* ---------- a canvas for each pane, drawn anew for every view ---------- */

  const Sheet = L.Renderer.extend({
    options: { padding: 0.15 },
    drawings: [],
    _initContainer() {
      this._container = document.createElement("canvas");
      this._container.setAttribute("aria-hidden", "true");
    },
    _destroyContainer() {
      this._container.remove();
      delete this._container;
    },
    _updatePaths() {},
    /* The map may be moved before a sheet's first drawing, which alone says where it lies. */
    _updateTransform(center, zoom) {
      if (this._center) L.Renderer.prototype._updateTransform.call(this, center, zoom);
    },
    getEvents() {
      const events = L.Renderer.prototype.getEvents.call(this);
      events.move = this._followDrag;
      return events;
    },
    /* While the map is dragged the old drawing moves along; it is renewed when its rim shows. */
    _followDrag() {
      const map = this._map;
      if (map._animatingZoom || map.getZoom() !== this._zoom || !this._bounds) return;
      const corner = map.containerPointToLayerPoint([0, 0]);
      const shown = L.bounds(corner, corner.add(map.getSize()));
      if (!this._bounds.contains(shown)) this._update();
    },
    _update() {
      if (!opened || (this._map._animatingZoom && this._bounds)) return;
      L.Renderer.prototype._update.call(this);
      const size = this._bounds.getSize(), ratio = Math.min(window.devicePixelRatio || 1, 2);
      const canvas = this._container;
      L.DomUtil.setPosition(canvas, this._bounds.min);
      canvas.width = Math.round(size.x * ratio);
      canvas.height = Math.round(size.y * ratio);
      canvas.style.width = size.x + "px";
      canvas.style.height = size.y + "px";
      const context = canvas.getContext("2d");
      context.setTransform(ratio, 0, 0, ratio, 0, 0);
      const zoom = this._map.getZoom(), scale = 256 * 2 ** zoom;
      const origin = this._map.getPixelOrigin().add(this._bounds.min);
      const view = {
        zoom, scale, size, left: origin.x, top: origin.y,
        box: [origin.x / scale, origin.y / scale, (origin.x + size.x) / scale, (origin.y + size.y) / scale],
      };
      for (const drawing of this.drawings) drawing.options.draw(context, view);
    },
  });

  /* What is switched on and off in the layer control; all drawings of a pane share its sheet. */
  const sheets = new Map();
  let opened = false;
  const Drawing = L.Layer.extend({
    initialize(settings) { L.setOptions(this, settings); },
    onAdd(map) {
      const { pane } = this.options;
      if (!sheets.has(pane)) sheets.set(pane, new Sheet({ pane }));
      const sheet = sheets.get(pane);
      sheet.drawings = [...sheet.drawings, this].sort((a, b) => a.options.order - b.options.order);
      if (map.hasLayer(sheet)) sheet._update();
      else map.addLayer(sheet);
    },
    onRemove(map) {
      const sheet = sheets.get(this.options.pane);
      sheet.drawings = sheet.drawings.filter((drawing) => drawing !== this);
      if (sheet.drawings.length) sheet._update();
      else map.removeLayer(sheet);
    },
  });

  /* Adds the lines in view to paths of a few hundred each: one path of 100,000 lines is slow. */
  const CHUNK = 400;
  const trace = (context, view, part, finish) => {
    const { x, y, start, box, count } = part, [west, north, east, south] = view.box;
    const { scale, left, top } = view;
    let open = 0;
    context.beginPath();
    for (let i = 0; i < count; i++) {
      if (box[4 * i] > east || box[4 * i + 2] < west || box[4 * i + 1] > south || box[4 * i + 3] < north) continue;
      const last = start[i + 1] - 1;
      let px = x[start[i]] * scale - left, py = y[start[i]] * scale - top;
      context.moveTo(px, py);
      for (let k = start[i] + 1; k <= last; k++) {
        const qx = x[k] * scale - left, qy = y[k] * scale - top;
        if (k < last && Math.abs(qx - px) + Math.abs(qy - py) < 1.2) continue;
        context.lineTo(qx, qy);
        px = qx;
        py = qy;
      }
      if (finish !== "fill" && ++open === CHUNK) {
        context.stroke();
        context.beginPath();
        open = 0;
      }
    }
    if (finish === "fill") context.fill("nonzero");
    else context.stroke();
  };

  const growth = (zoom) => Math.max(0.7, Math.min(1.35 ** (zoom - 12), 5));

  const stroke = (context, view, key, style, colour, width) => {
    if (view.zoom < (style.from_zoom || 0)) return;
    context.strokeStyle = colour;
    context.lineWidth = width * (style.dash ? 1 : growth(view.zoom));
    context.setLineDash(style.dash || []);
    trace(context, view, lines(key), "stroke");
  };

  const drawLines = (parts) => (context, view) => {
    const fine = view.zoom >= 14;  // round ends cost time, and thin lines do not show them
    context.lineJoin = fine ? "round" : "bevel";
    context.lineCap = fine ? "round" : "butt";
    for (const { key, style } of parts) {
      if (style.fill) {
        context.fillStyle = style.fill;
        trace(context, view, lines(key), "fill");
      }
    }
    for (const { key, style } of parts) {
      if (style.casing) stroke(context, view, key, style, style.casing, style.casing_width);
    }
    for (const { key, style } of parts) {
      if (style.line) stroke(context, view, key, style, style.line, style.width);
    }
  };

  /* Names, the more important first; a name that would touch another is left out. */
  const reader = document.createElement("textarea");
  const plain = (html) => {
    if (!html.includes("&")) return html;
    reader.innerHTML = html;
    return reader.value;
  };
  const FONT = '"Noto Sans CJK SC","Microsoft YaHei","PingFang SC","Source Han Sans SC",sans-serif';

  const drawNames = (groups) => {
    for (const group of groups) {
      group.words = group.names.map(plain);
      group.wx = group.lon.map(worldX);
      group.wy = group.lat.map(worldY);
    }
    return (context, view) => {
      const taken = [];
      context.textAlign = "center";
      context.textBaseline = "middle";
      context.lineJoin = "round";
      for (const { style, words, wx, wy } of groups) {
        if (view.zoom < style.from_zoom || view.zoom > style.to_zoom) continue;
        context.font = `${style.weight} ${style.size}px ${FONT}`;
        context.fillStyle = style.colour;
        context.strokeStyle = "rgba(250,249,246,0.88)";
        context.lineWidth = 3;
        words.forEach((word, i) => {
          const x = wx[i] * view.scale - view.left, y = wy[i] * view.scale - view.top + (style.below || 0);
          if (x < 0 || y < 0 || x > view.size.x || y > view.size.y) return;
          const half = context.measureText(word).width / 2 + 4, high = style.size * 0.75;
          const mine = [x - half, y - high, x + half, y + high];
          if (taken.some((o) => o[0] < mine[2] && o[2] > mine[0] && o[1] < mine[3] && o[3] > mine[1])) return;
          taken.push(mine);
          context.strokeText(word, x, y);
          context.fillText(word, x, y);
        });
      }
    };
  };

  /* All layers are there: draw each sheet once, the next one after what the reader has done meanwhile. */
  const open = (done) => {
    opened = true;
    const waiting = [...sheets.values()];
    const next = () => {
      if (!waiting.length) return done();
      const sheet = waiting.shift();
      if (sheet._map) sheet._update();
      setTimeout(next);
    };
    next();
  };

  return { read, plain, Drawing, drawLines, drawNames, open };
};
