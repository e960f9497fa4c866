/* Units by a rule that the reader chooses: coloured on the map, and as a table, the worst first. Plain JavaScript, no
   library but Leaflet. */
"use strict";
serviceMap.whenReady((map) => {
  const block = document.getElementById("units-data");
  if (!block) return;
  const data = JSON.parse(block.textContent);
  const [shown, level, rule, table] = ["shown", "level", "rule", "table"].map((id) => document.getElementById("units-" + id));
  const group = L.featureGroup(), shapes = new Map();
  const now = () => data.levels.find((one) => one.key === level.value);
  const count = (number) => number.toLocaleString("en");
  const percent = (share) => (100 * share).toFixed(1) + "%";
  const colour = (share) => {
    const place = data.limits.findIndex((limit) => share < limit);
    return data.colours[place < 0 ? data.colours.length - 1 : place];
  };
  const polygons = (units) => {
    if (!shapes.has(units.key)) shapes.set(units.key, serviceMap.shapes(Object.assign({}, units.shapes)));
    return shapes.get(units.key);
  };
  const told = (figures, i) => figures.missed[i] === null ? "" :
    `<br>${data.words.missed}: ${count(figures.missed[i])} / ${count(figures.residents[i])}`;

  const colourMap = (units, figures) => {
    group.clearLayers();
    polygons(units).forEach((shape, i) => {
      if (figures.share[i] === null || !shape.length) return;
      const look = { pane: "overlays", color: "#54475f", weight: 1, fillColor: colour(figures.share[i]), fillOpacity: 0.75 };
      const card = `<b>${units.names[i]}</b><br>${data.words.share}: ${percent(figures.share[i])}${told(figures, i)}`;
      group.addLayer(L.polygon(shape, look).bindTooltip(card, { sticky: true }));
    });
  };
  const boxOf = (shape) => {
    const box = L.latLngBounds([]);
    for (const polygon of shape) for (const at of polygon[0]) box.extend(at);
    return [box.getSouth(), box.getWest(), box.getNorth(), box.getEast()].map((edge) => edge.toFixed(4)).join(",");
  };
  const fill = (units, figures) => {
    const made = polygons(units), { words } = data;
    const rows = units.names.map((_, i) => i).filter((i) => figures.share[i] !== null);
    rows.sort((a, b) => figures.share[a] - figures.share[b] || figures.missed[b] - figures.missed[a]);
    const cell = (number) => `<td>${number === null ? "–" : count(number)}</td>`;
    table.innerHTML = `<thead><tr><th>${words.unit}</th><th>${words.share}</th><th>${words.missed}</th>` +
      `<th>${words.whole}</th></tr></thead><tbody>` + rows.map((i) =>
        `<tr><td><button type="button" class="go" data-box="${boxOf(made[i])}">${units.names[i]}</button></td>` +
        `<td>${percent(figures.share[i])}</td>${cell(figures.missed[i])}${cell(figures.residents[i])}</tr>`).join("") + "</tbody>";
  };
  const draw = () => {
    const units = now(), figures = units.rules[Number(rule.value)];
    fill(units, figures);
    colourMap(units, figures);
    if (shown.checked) map.addLayer(group);
    else map.removeLayer(group);
  };
  const choose = () => {
    shown.checked = true;
    draw();
  };
  level.addEventListener("change", choose);
  rule.addEventListener("change", choose);
  shown.addEventListener("change", draw);
  document.querySelector("#panel details.units").addEventListener("toggle", (event) => {
    if (event.target.open && !table.rows.length) draw();
  });
});
