/* What lies over the ground of a small map (maps/picture.py): pictures of the cells, shapes, lines, marks.
   All words are HTML made safe when the data were written. */
const OVER = { cells: [250, "none"], shapes: [390, "auto"] };

const drawOver = (map, kit, parts, made) => {
  for (const [name, [order, events]] of Object.entries(OVER)) {
    const pane = map.getPane(name) || map.createPane(name);
    pane.style.zIndex = order;
    pane.style.pointerEvents = events;
  }
  const told = (layer, part, i) => {
    if (part.titles[i]) layer.bindTooltip(part.titles[i], { direction: "top", sticky: Boolean(layer.getBounds) });
    return layer;
  };
  const rings = (part) => {
    const all = part.owner.map(() => []), shapes = Array.from({ length: part.count }, () => []);
    kit.read(part.rings, () => (i, k, lon, lat) => all[i].push([lat, lon]));
    all.forEach((ring, i) => {
      const mine = shapes[part.owner[i]];
      if (part.outer[i]) mine.push([ring]);
      else mine[mine.length - 1].push(ring);
    });
    return shapes;
  };
  const mark = (place, html, css) => L.marker(place, {
    bubblingMouseEvents: true, keyboard: false,
    icon: L.divIcon({ className: css, html: "<span>" + html + "</span>", iconSize: null }),
  });
  const kinds = {
    image: (part) => [L.imageOverlay(part.uri, part.box, { pane: "cells", opacity: part.opacity })],
    areas: (part) => rings(part).map((shape, i) =>
      told(L.polygon(shape, { ...part.style, pane: "shapes", interactive: Boolean(part.titles[i]) }), part, i)),
    lines: (part) => part.lines.flatMap((line, i) => {
      const drawn = told(L.polyline(line, { ...part.style, pane: "shapes" }), part, i);
      if (!part.numbered) return [drawn];
      const middle = [(line[0][0] + line[line.length - 1][0]) / 2, (line[0][1] + line[line.length - 1][1]) / 2];
      return [drawn, told(mark(middle, i + 1, "mark-number"), part, i)];
    }),
    marks: (part) => part.places.map((place, i) => told(mark(place, part.words[i], part.css), part, i)),
  };
  for (const part of parts) kinds[part.kind](part).forEach((layer) => layer.addTo(made));
};

