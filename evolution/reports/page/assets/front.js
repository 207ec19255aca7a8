"use strict";
/* The front: two objectives at a time, all at once, filters, and families. */

const state = { x: 4, y: 0, colour: "generation", terms: new Set(), mode: "all", ranges: {},
  chosen: null };

/** Return whether a rule is shown. */
function passes(point) {
  if (get("only-front").checked && !point.rule) return false;
  if (state.terms.size) {
    const has = [...state.terms].map((term) => point.terms.includes(term));
    if (state.mode === "all" && !has.every(Boolean)) return false;
    if (state.mode === "any" && !has.some(Boolean)) return false;
    if (state.mode === "none" && has.some(Boolean)) return false;
  }
  return Object.entries(state.ranges).every(([k, ranges]) =>
    !ranges.length || ranges.some(([low, high]) => point.values[k] >= low && point.values[k] <= high));
}

function hoverText(point) {
  const values = data.objectives.map((objective, k) =>
    `${nameOf(objective)}: ${text(point.values[k])}${point.errors ? ` ± ${text(point.errors[k])}` : ""}`);
  const terms = point.terms.map((k) => data.terms[k].name).join(", ") || "no term";
  return `<b>${called(point)}</b><br>${wrapped(terms, 40)}<br>${values.join("<br>")}`;
}

function scatter(points, marker) {
  const { x, y } = state;
  return { type: "scatter", mode: "markers", x: points.map((p) => p.values[x]),
    y: points.map((p) => p.values[y]), customdata: points.map((p) => p.id),
    text: points.map(hoverText), hoverinfo: "text", marker };
}

function markerOf(points) {
  if (state.colour === "family") {
    return { size: 10, color: points.map((p) => PALETTE[(p.family - 1) % PALETTE.length]),
      line: { width: 1, color: "#888" } };
  }
  const value = (p) => state.colour === "terms" ? p.terms.length : p.generation;
  const title = state.colour === "terms" ? "terms" : "generation";
  return { size: 10, color: points.map(value), colorscale: "Viridis", line: { width: 1, color: "#888" },
    colorbar: { title: { text: title, side: "right" }, thickness: 12, len: 0.7, tickformat: "d",
      dtick: Math.max(1, Math.ceil(Math.max(...points.map(value), 0) / 6)), outlinewidth: 0 } };
}

function drawFront() {
  const shown = data.points.filter(passes);
  const front = shown.filter((p) => p.rule), others = shown.filter((p) => !p.rule);
  const traces = [scatter(others, { size: 6, color: GREY, opacity: 0.55 }),
    scatter(front, markerOf(front))];
  const chosen = shown.filter((p) => p === state.chosen);
  traces.push({ ...scatter(chosen, { size: 17, color: "rgba(0,0,0,0)",
    line: { width: 3, color: ORANGE } }), hoverinfo: "skip" });
  const still = front.filter((p) => !p.terms.length);
  traces.push({ ...scatter(still, { size: 15, symbol: "square-open", color: ORANGE, line: { width: 2 } }),
    mode: "markers+text", text: still.map(() => "static network"), textposition: "top center",
    textfont: { size: 11 }, hoverinfo: "skip" });
  const shapes = [], annotations = [];
  if (data.objectives[state.y].name === "error") {
    shapes.push({ type: "line", x0: 0, x1: 1, xref: "paper", y0: 0.5, y1: 0.5,
      line: { width: 1, dash: "dot" } });
    annotations.push({ x: 1, xref: "paper", y: 0.5, text: "chance", showarrow: false,
      xanchor: "right", yanchor: "bottom", font: { size: 11 } });
  }
  draw(get("front-plot"), traces, { height: 430, shapes, annotations, uirevision: `${state.x} ${state.y}`,
    xaxis: axis(nameOf(data.objectives[state.x])), yaxis: axis(nameOf(data.objectives[state.y])) });
  const filtered = shown.length < data.points.length;
  get("shown").textContent = `${shown.length} of ${data.points.length} rules shown, ` +
    `${front.length} of the front`;
  for (const button of document.querySelectorAll("#front table button.rule")) {
    const row = button.closest("tr");
    row.hidden = filtered && !front.some((p) => p.rule === button.dataset.rule);
  }
}

function drawParallel() {
  const shown = data.points.filter((p) => !get("only-front").checked || p.rule);
  if (!shown.length) return;
  const narrow = get("parallel").clientWidth < 800;
  const dimensions = data.objectives.map((objective, k) => ({
    label: narrow ? objective.name.replace(/_Hz$/, "").replaceAll("_", "<br>") : wrapped(nameOf(objective), 18),
    values: shown.map((p) => p.values[k]),
    ...(state.ranges[k]?.length ? { constraintrange: state.ranges[k] } : {}),
  }));
  draw(get("parallel"), [{ type: "parcoords", dimensions,
    line: { color: shown.map((p) => (p.rule ? 1 : 0)), cmin: 0, cmax: 1,
      colorscale: [[0, GREY], [1, ORANGE]] },
    unselected: { line: { color: "#888", opacity: 0.08 } },
    labelfont: { size: narrow ? 10 : 12 }, tickfont: { size: 10 }, rangefont: { size: 1, color: "rgba(0,0,0,0)" } }],
    { height: 330, margin: { l: narrow ? 30 : 70, r: narrow ? 30 : 60, t: 70, b: 25 } });
}

function drawFamilies() {
  const front = data.points.filter((p) => p.rule);
  for (const element of document.querySelectorAll("[data-family]")) {
    const family = Number(element.dataset.family);
    const inside = front.filter((p) => p.family === family);
    draw(element, [scatter(front, { size: 5, color: GREY, opacity: 0.5 }),
      scatter(inside, { size: 9, color: PALETTE[(family - 1) % PALETTE.length] })],
      { height: 220, margin: { l: 45, r: 8, t: 8, b: 38 }, font: { size: 10, color: "#777" },
        xaxis: axis(nameOf(data.objectives[state.x])), yaxis: axis(nameOf(data.objectives[state.y])) },
      { displayModeBar: false });
    onClick(element);
  }
}

/** A click on a point shows its rule. */
function onClick(element) {
  if (element.dataset.listens) return;
  element.dataset.listens = "1";
  element.on("plotly_click", (event) => choose(event.points[0].customdata));
}

/** Read the ranges that were brushed. */
function onBrush() {
  const { dimensions } = get("parallel").data[0];
  state.ranges = {};
  dimensions.forEach((dimension, k) => {
    const range = dimension.constraintrange;
    if (range) state.ranges[k] = Array.isArray(range[0]) ? range : [range];
  });
  showLimits();
  drawFront();
}

function showLimits() {
  data.objectives.forEach((_, k) => {
    const ranges = state.ranges[k];
    get(`limit-${k}`).value = ranges?.length ? Math.max(...ranges.map((r) => r[1])).toPrecision(3) : "";
  });
}

function fillControls() {
  for (const which of ["x", "y"]) {
    const select = get(`axis-${which}`);
    data.objectives.forEach((objective, k) => select.append(make("option", { value: k }, nameOf(objective))));
    select.value = state[which];
    select.addEventListener("change", () => { state[which] = Number(select.value); drawFront(); drawFamilies(); });
  }
  get("axis-colour").addEventListener("change", (event) => { state.colour = event.target.value; drawFront(); });
  get("only-front").addEventListener("change", () => { drawFront(); drawParallel(); });
  get("term-mode").addEventListener("change", (event) => { state.mode = event.target.value; drawFront(); });
  const used = [...new Set(data.points.flatMap((p) => p.terms))].sort((a, b) => a - b);
  for (const k of used) {
    const box = make("input", { type: "checkbox", value: k, onchange: () => {
      if (box.checked) state.terms.add(k); else state.terms.delete(k);
      drawFront();
    } });
    document.querySelector("fieldset.terms").append(make("label", {}, box, ` ${data.terms[k].name}`));
  }
  data.objectives.forEach((objective, k) => {
    const input = make("input", { type: "number", id: `limit-${k}`, step: "any", onchange: () => {
      state.ranges[k] = input.value === "" ? [] : [[-Infinity, Number(input.value)]];
      if (input.value !== "") {
        const lowest = Math.min(...data.points.map((p) => p.values[k]));
        state.ranges[k] = [[Math.min(lowest, Number(input.value)), Number(input.value)]];
      }
      drawFront(); drawParallel();
    } });
    get("limits").append(make("label", {}, `${nameOf(objective)} at most `, input));
  });
  get("clear").addEventListener("click", () => {
    state.terms.clear(); state.ranges = {};
    get("only-front").checked = false;
    for (const box of document.querySelectorAll("fieldset.terms input")) box.checked = false;
    showLimits(); drawFront(); drawParallel();
  });
}
