/* Before and after on either side of a line: two pictures of the cells with the facilities of then and of now, each
   clipped at it. The line is dragged, or
   moved with the arrow keys; on paper both stand whole, one under the other. Plain JavaScript, no library but
   Leaflet. */
"use strict";
serviceMap.whenReady((map) => {
  const box = document.getElementById("slide");
  if (!box) return;
  const data = JSON.parse(document.getElementById("map-data").textContent);
  const line = box.querySelector(".line"), sides = ["before", "after"];
  const panes = [["before", "facilities_before"], ["after", "facilities", "radius"]].map((names) => names.map((one) => map.getPane(one)));
  const clip = (side, shape) => panes[side].forEach((pane) => { pane.style.clip = shape; });
  let at = 0.5, shown = "";

  const draw = () => {
    const size = map.getSize(), corner = map.containerPointToLayerPoint([0, 0]);
    const edge = corner.x + Math.round(size.x * at), bottom = corner.y + size.y, right = corner.x + size.x;
    const rect = (west, east) => `rect(${corner.y}px, ${east}px, ${bottom}px, ${west}px)`;
    clip(0, rect(corner.x, edge));
    clip(1, rect(edge, right));
    line.style.left = 100 * at + "%";
    line.setAttribute("aria-valuenow", Math.round(100 * at));
    box.querySelector(".before").style.right = 100 * (1 - at) + "%";
    box.querySelector(".after").style.left = 100 * at + "%";
  };
  const move = (to) => {
    at = Math.max(0, Math.min(1, to));
    draw();
  };

  map.on("move zoomend resize viewreset", () => { if (shown) draw(); });
  const start = () => {
    const room = serviceMap.room(), width = map.getSize().x;
    const [left, right] = [room.paddingTopLeft[0], width - room.paddingBottomRight[0]];
    move((left + right) / 2 / width);
  };
  const note = (on) => ({ layer }) => {
    const key = layer.options && layer.options.key;
    const side = sides.find((one) => key && key.startsWith("slide_" + one));
    if (!side) return;
    const number = key.split("_")[2];
    if (on) {
      if (!shown) start();
      shown = number;
      box.querySelector("." + side).innerHTML = data.parts[key].said;
    } else if (shown === number) shown = "";
    box.hidden = !shown;
    document.body.classList.toggle("sliding", Boolean(shown));
    if (!shown) [0, 1].forEach((one) => clip(one, "auto"));
  };
  map.on("layeradd", note(true));
  map.on("layerremove", note(false));

  line.addEventListener("pointerdown", (event) => {
    line.setPointerCapture(event.pointerId);
    event.preventDefault();
    line.focus();
  });
  line.addEventListener("pointermove", (event) => {
    if (!line.hasPointerCapture(event.pointerId)) return;
    const frame = map.getContainer().getBoundingClientRect();
    move((event.clientX - frame.left) / frame.width);
  });
  const KEYS = { ArrowLeft: -0.02, ArrowRight: 0.02, PageUp: -0.1, PageDown: 0.1, Home: -1, End: 1 };
  line.addEventListener("keydown", (event) => {
    if (!(event.key in KEYS)) return;
    move(at + KEYS[event.key]);
    event.preventDefault();
    event.stopPropagation();
  });

  /* On paper: the map whole by what was before, and a copy of it below by what comes after. */
  let twin;
  window.addEventListener("beforeprint", () => {
    if (!shown) return;
    const first = map.getContainer();
    twin = first.cloneNode(true);
    twin.id = "twin";
    const drawn = first.querySelectorAll("canvas");
    twin.querySelectorAll("canvas").forEach((canvas, i) => canvas.getContext("2d").drawImage(drawn[i], 0, 0));
    [first, twin].forEach((sheet, i) => {
      panes.forEach((side, of) => side.forEach((pane) => {
        const drawn = sheet.querySelector("." + pane.classList[1]);
        drawn.style.clip = "auto";
        drawn.style.visibility = of === i ? "" : "hidden";
      }));
    });
    first.parentNode.insertBefore(twin, first.nextSibling);
  });
  window.addEventListener("afterprint", () => {
    if (!twin) return;
    twin.remove();
    twin = undefined;
    for (const pane of [].concat(...panes)) pane.style.visibility = "";
    draw();
  });
});
