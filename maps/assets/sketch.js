/* A map on the page: our ground, points, places one may click. One such map for each element of the page;
   those of one `group` are moved together. Leaflet and lines.js stand before this text. All words in the
   data are HTML made safe when the data were written. */
const MOVED = "sketch-moved";
const LARGEST_ZOOM = 18, NEAR_ZOOM = 16;
const PANES = { ground: 210, lines: 300, areas: 320, names: 560 };

const panes = (map) => {
  for (const [name, order] of Object.entries(PANES)) {
    const pane = map.createPane(name);
    pane.style.zIndex = order;
    pane.style.pointerEvents = "none";
  }
};

const drawGround = (map, ground) => {
  const kit = groundKit(L, (key) => ground.lines[key]);
  const draw = (pane, order, draw) => new kit.Drawing({ pane, order, draw }).addTo(map);
  if (ground.areas.length) draw("ground", 0, kit.drawLines(ground.areas));
  if (ground.streets.length) draw("lines", 0, kit.drawLines(ground.streets));
  if (ground.borders.length) draw("lines", 1, kit.drawLines(ground.borders));
  if (ground.names.length) draw("names", 0, kit.drawNames(ground.names));
  kit.open(() => {});
  return kit;
};

/* A point that can be dragged; a circle of Leaflet's cannot. */
const dragged = (points, i, drop) => {
  const { color, fillColor, radius, weight } = points.style, size = 2 * (radius + weight);
  const icon = L.divIcon({ className: "drag-dot", iconSize: [size, size], html: "<i></i>" });
  const dot = L.marker([points.lat[i], points.lon[i]], { icon, draggable: true, keyboard: false });
  if (points.titles) dot.bindTooltip(points.titles[i], { direction: "top" });
  dot.on("add", () => {
    const face = dot.getElement().firstChild;
    face.style.background = fillColor;
    face.style.border = weight + "px solid " + color;
  });
  dot.on("dragend", () => {
    const place = dot.getLatLng().wrap();
    drop([points.keys[i], Number(place.lng.toFixed(6)), Number(place.lat.toFixed(6))]);
  });
  return dot;
};

/* Shapes that belong to this picture alone: buildings, declared units, points, and where they were before. */
const drawPicture = (map, kit, picture, drop) => {
  const made = L.featureGroup();
  for (const { rings, style } of picture.areas) {
    const shapes = [];
    kit.read(rings, (start, count) => {
      for (let i = 0; i < count; i++) shapes.push([]);
      return (i, k, lon, lat) => shapes[i].push([lat, lon]);
    });
    shapes.forEach((ring) => L.polygon(ring, { ...style, pane: "areas", interactive: false }).addTo(made));
  }
  drawOver(map, kit, picture.over, made);
  for (const { from, to, style } of picture.moves) {
    L.polyline([from, to].map(([lon, lat]) => [lat, lon]), { ...style, interactive: false }).addTo(made);
  }
  for (const points of picture.points) {
    if (points.keys) {
      points.lon.forEach((lon, i) => dragged(points, i, drop).addTo(made));
      continue;
    }
    points.lon.forEach((lon, i) => {
      const dot = L.circleMarker([points.lat[i], lon], { ...points.style, interactive: Boolean(points.titles) });
      if (points.titles) dot.bindTooltip(points.titles[i], { direction: "top" });
      dot.addTo(made);
    });
  }
  return made.addTo(map);
};

/* A map fits its bounds once it has a size: it may be made inside a folded part of the page. */
const fitWhenSeen = (map, box, bounds) => {
  let fitted = false;
  const watch = new ResizeObserver(() => {
    if (!box.clientWidth || !box.clientHeight) return;
    map.invalidateSize({ animate: false });
    if (!fitted) map.fitBounds(bounds, { animate: false, padding: [14, 14], maxZoom: NEAR_ZOOM });
    fitted = true;
    box.classList.add("ready");
  });
  watch.observe(box);
  return watch;
};

const moveTogether = (map, box, group) => {
  if (!group) return () => {};
  let following = false;
  const tell = () => {
    if (following || !box.classList.contains("ready")) return;
    document.dispatchEvent(new CustomEvent(MOVED, { detail: { group, box, centre: map.getCenter(), zoom: map.getZoom() } }));
  };
  const follow = ({ detail }) => {
    if (detail.group !== group || detail.box === box) return;
    following = true;
    map.setView(detail.centre, detail.zoom, { animate: false });
    following = false;
  };
  map.on("moveend", tell);
  document.addEventListener(MOVED, follow);
  return () => document.removeEventListener(MOVED, follow);
};

const letClick = (map, box, say) => {
  box.classList.add("clickable");
  map.on("click", ({ latlng }) => {
    const place = latlng.wrap();
    say([Number(place.lng.toFixed(6)), Number(place.lat.toFixed(6))]);
  });
};

const make = (data, root) => {
  const box = document.createElement("div");
  box.className = "sketch";
  box.style.height = data.height + "px";
  box.setAttribute("role", "application");
  box.setAttribute("aria-label", data.words.title);
  /* Leaflet focuses the map at the press of a button; were the page to scroll then, the click would miss. */
  box.focus = () => HTMLElement.prototype.focus.call(box, { preventScroll: true });
  root.appendChild(box);
  const map = L.map(box, {
    attributionControl: false, zoomControl: false, maxZoom: LARGEST_ZOOM, zoomSnap: 0.25, wheelPxPerZoomLevel: 90,
    center: [0, 0], zoom: 2, fadeAnimation: false, scrollWheelZoom: data.wheel,
  });
  panes(map);
  const kit = drawGround(map, data.ground);
  L.control.zoom({ position: "bottomright", zoomInTitle: data.words.zoomIn, zoomOutTitle: data.words.zoomOut }).addTo(map);
  L.control.scale({ imperial: false, maxWidth: 110, position: "bottomleft" }).addTo(map);
  const apart = moveTogether(map, box, data.group);
  const made = { map, kit, box, ground: data.ground.id, bounds: JSON.stringify(data.bounds), picture: null };
  made.watch = fitWhenSeen(map, box, data.bounds);
  if (data.click) letClick(map, box, (place) => made.say(place));
  made.end = () => { made.watch.disconnect(); apart(); map.remove(); box.remove(); };
  return made;
};

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".sketch-root");
  let made = root.made;
  if (made && (made.ground !== data.ground.id || made.box.style.height !== data.height + "px")) {
    made.end();
    made = null;
  }
  if (!made) made = root.made = make(data, root);
  else if (made.bounds !== JSON.stringify(data.bounds)) {
    made.bounds = JSON.stringify(data.bounds);
    made.map.fitBounds(data.bounds, { animate: false, padding: [14, 14], maxZoom: NEAR_ZOOM });
  }
  made.say = (place) => setTriggerValue("place", place);
  if (made.picture) made.picture.remove();
  made.picture = drawPicture(made.map, made.kit, data.picture, (dropped) => setTriggerValue("dropped", dropped));
  return () => { made.end(); root.made = null; };
}
