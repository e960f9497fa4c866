/* Draws the parts of the map that folium has no compact form for. Plain JavaScript, no library but
   Leaflet; no storage, no location, no request, so that it works from a disk and inside a frame.
   All words in the data are HTML made safe when the file was written. */
"use strict";
const serviceMap = (() => {
  const data = JSON.parse(document.getElementById("map-data").textContent);
  const NARROW_PX = 760, WIDE_PX = 1200, CONTROL_PX = 260;
  const narrow = () => window.innerWidth < NARROW_PX;
  const wide = () => window.innerWidth >= WIDE_PX;

  const { read, Drawing, drawLines, drawNames, open: drawGround } = groundKit(L, data.lines);

  /* Dots of a whole city must not hide it: smaller from afar. */
  const dotGrowth = (zoom) => Math.max(0.6, Math.min(1 + (zoom - 12.5) * 0.2, 1.5));

  /* ---------- layers; `part` is what maps/layers.py put under the layer's key ---------- */

  const options = (part, more) => Object.assign({ pane: part.pane, heading: part.heading }, more);
  const words = (layer, part, i) => {
    layer.bindTooltip(part.tooltips[i], { direction: "top", sticky: Boolean(layer.getBounds) });
    return layer.bindPopup(part.popups[i], { maxWidth: 280 });
  };
  const group = (part, members) => {
    const made = L.featureGroup(members);
    made.options.heading = part.heading;
    return made;
  };

  /* Most layers stay hidden: their members are made when they are first shown. */
  const whenShown = (part, make) => {
    const made = group(part, []);
    made.once("add", () => make().forEach((member) => made.addLayer(member)));
    return made;
  };
  const shapes = (part) => {
    const rings = part.owner.map(() => []), made = Array.from({ length: part.count }, () => []);
    read(part.rings, () => (i, k, lon, lat) => rings[i].push([lat, lon]));
    rings.forEach((ring, i) => {
      const mine = made[part.owner[i]];
      if (part.outer[i]) mine.push([ring]);
      else mine[mine.length - 1].push(ring);
    });
    return made;
  };

  const marks = (part, pane) => part.lat.map((lat, i) =>
    words(L.marker([lat, part.lon[i]], options(part, {
      pane, title: part.titles[i], alt: part.titles[i], keyboard: true, riseOnHover: true,
      icon: L.divIcon({ className: part.css, html: "<span>" + part.flags[i] + "</span>", iconSize: null }),
    })), part, i));

  const kinds = {
    lines: (part) => new Drawing(options(part, { order: part.order, draw: drawLines(part.parts) })),
    names: (part) => new Drawing(options(part, { order: 0, draw: drawNames(part.groups) })),
    circles: (part) => {
      const dots = group(part, part.lat.map((lat, i) =>
        words(L.circleMarker([lat, part.lon[i]], options(part, Object.assign({ className: part.css }, part.style))), part, i)));
      const resize = () => dots.setStyle({ radius: part.style.radius * dotGrowth(dots._map.getZoom()) });
      dots.on("add", () => { resize(); dots._map.on("zoomend", resize); });
      dots.on("remove", () => dots._map.off("zoomend", resize));
      return dots;
    },
    areas: (part) => whenShown(part, () => shapes(part).map((shape, i) => {
      const area = L.polygon(shape, options(part, Object.assign({ className: part.css }, part.style)));
      return part.popups ? words(area, part, i) : area;
    })),
    flags: (part) => whenShown(part, () => marks(part, part.pane)),
    paths: (part) => whenShown(part, () => part.lines.map((line, i) =>
      words(L.polyline(line, options(part, part.style)), part, i)).concat(marks(part, "markerPane"))),
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

  const settle = (map, words) => {
    const panel = document.getElementById("panel");
    for (const fold of panel.querySelectorAll("details[data-wide]")) fold.open = !narrow();
    const topLeft = narrow() ? [8, panel.offsetHeight + 18] : [panel.offsetWidth + 26, 14];
    const bottomRight = narrow() ? [8, 40] : [wide() ? CONTROL_PX : 20, 30];
    map.fitBounds(data.bounds, { paddingTopLeft: topLeft, paddingBottomRight: bottomRight, animate: false });
    L.control.zoom({ position: "bottomright", zoomInTitle: words.zoomIn, zoomOutTitle: words.zoomOut }).addTo(map);
    L.control.scale({ imperial: false, maxWidth: 140, position: "bottomright" }).addTo(map);
    layersTitle = words.layers;
  };

  const open = () => {
    drawGround();
    document.body.classList.add("ready");
  };

  return { layer: (key) => kinds[data.layers[key].kind](data.layers[key]), settle, open, wide };
})();
