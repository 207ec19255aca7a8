"use strict";
/* The chosen rule: formula, coefficients, window, weights, scores, commands and file. */

/** Show a rule by its name or origin. */
function choose(which, focus = true) {
  const point = data.points.find((p) => p.id === which || p.rule === which);
  if (!point) return;
  state.chosen = point;
  drawFront();
  for (const button of document.querySelectorAll("button.rule")) {
    button.setAttribute("aria-current", String(button.dataset.rule === point.rule));
  }
  const detail = get("detail");
  for (const old of detail.querySelectorAll(".plot")) drawn.delete(old);
  detail.replaceChildren(...parts(point));
  drawMaps(point);
  drawWindow(point);
  if (focus) {
    detail.focus({ preventScroll: true });
    const { top } = detail.getBoundingClientRect();
    if (top < 0 || top > window.innerHeight - 120) detail.scrollIntoView({ block: "start" });
  }
}

function parts(point) {
  const formula = make("div");
  formula.innerHTML = data.formulas[point.formula];  // MathML that the page was written with
  const origin = `candidate ${point.id} (generation ${point.generation}), ` +
    `${point.n} evaluation${point.n > 1 ? "s" : ""}`;
  return [make("h3", {}, point.rule || `candidate ${point.id}`), formula,
    make("p", { class: "quiet" }, point.rule ? origin : `${origin}; not on the front`),
    neighbours(point), ...objectives(point), ...scores(point), ...coefficients(point),
    ...(point.window ? [make("h4", {}, `Pairing window, ${point.window.pair}`), make("div", { class: "plot small",
      id: "window", role: "img", "aria-label": "Weight change by the lag of two spikes" })] : []),
    ...weights(point), ...rates(point), ...commands(point)];
}

function neighbours(point) {
  const shown = data.points.filter(passes), k = shown.indexOf(point);
  const step = (by, label) => {
    const to = shown[k + by];
    const button = make("button", { type: "button", onclick: () => choose(to.id) }, label);
    button.disabled = !to;
    return button;
  };
  return make("div", { class: "controls" }, step(-1, "Previous"), step(1, "Next"));
}

/** A table whose first cell of each row is its head. */
function tableOf(head, rows) {
  const line = (cells, tag) => make("tr", {}, ...cells.map((cell, k) =>
    make(tag === "th" || !k ? "th" : "td", tag === "th" ? { scope: "col" } : k ? {} : { scope: "row" }, cell)));
  return make("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": head[0] },
    make("table", {}, make("thead", {}, line(head, "th")),
      make("tbody", {}, ...rows.map((row) => line(row, "td")))));
}

function objectives(point) {
  const rows = data.objectives.map((objective, k) => [nameOf(objective), text(point.values[k]),
    point.errors ? `± ${text(point.errors[k])}` : "–"]);
  const note = point.errors ? `± is the standard error over ${point.n} evaluations.` :
    "A single evaluation: its noise is known for the scores only (below).";
  const expected = point.estimate ?
    `By all evaluations of its family, the score is expected to differ from the static network's by ${point.estimate}.` :
    `Drawn towards the mean of all rules by as much as it is noise, the first is expected to be ${text(point.expected)}.`;
  return [make("h4", {}, "Objectives (smaller is better)"), tableOf(["objective", "mean", "s.e."], rows),
    make("p", { class: "caption" }, `${note} ${expected}`)];
}

function scores(point) {
  if (!point.tasks?.length) return [];
  const cell = ([mean, error]) => `${mean.toFixed(3)}${error === null ? "" : ` ± ${error.toFixed(3)}`}`;
  return [make("h4", {}, "Scores by task (0.5 is chance)"), tableOf(["task", "AUC ± s.e.", "accuracy ± s.e."],
    point.tasks.map((row) => [row.task.replaceAll("_", " "), cell(row.auc), cell(row.accuracy)]))];
}

function coefficients(point) {
  if (!point.terms.length) return [make("p", {}, "No term: the network is static.")];
  const head = make("h4", {}, "Coefficients by pair of neuron types");
  if (!point.maps) {
    return [head, make("p", { class: "quiet" }, "Left out to keep the page small; the commands below write the rule.")];
  }
  const time = `Time constants: τ_E ${span(point.tau_E)} ms, τ_R ${span(point.tau_R)} ms.`;
  return [head, ...point.terms.map((term, k) => (typeof point.maps[k] === "number"
    ? make("p", {}, `${data.terms[term].name}: ${point.maps[k]} for all types`)
    : make("div", { class: "plot", id: `map-${k}`, role: "img",
      "aria-label": `Coefficients of ${data.terms[term].name}` }))), make("p", { class: "caption" }, time)];
}

function span(values) {
  const low = Math.min(...values), high = Math.max(...values);
  return low === high ? text(low) : `${text(low)} to ${text(high)}`;
}

function drawMaps(point) {
  (point.maps || []).forEach((packed, k) => {
    if (typeof packed === "number") return;
    const n = data.types.length, { name, scope } = data.terms[point.terms[k]];
    const values = Array.from(atob(packed), (c) => ((c.charCodeAt(0) << 24) >> 24) / 127);
    const z = data.types.map((_, pre) => data.types.map((_, post) =>
      values[scope === "pair" ? pre * n + post : scope === "pre" ? pre : post]));
    const labels = { tickfont: { size: 9 }, automargin: true, dtick: 1 };
    draw(get(`map-${k}`), [{ type: "heatmap", z, x: data.types, y: data.types, zmin: -1, zmax: 1,
      colorscale: [[0, "#2166ac"], [0.5, "#f7f7f7"], [1, "#b2182b"]], colorbar: { thickness: 10, outlinewidth: 0 },
      hovertemplate: "%{y} → %{x}: %{z:.2f}<extra></extra>" }],
    { height: 400, title: { text: name, font: { size: 13 } }, margin: { l: 10, r: 5, t: 35, b: 10 },
      xaxis: { ...labels, title: { text: "postsynaptic type" }, tickangle: -90 },
      yaxis: { ...labels, title: { text: "presynaptic type" }, autorange: "reversed" } },
    { displayModeBar: false });
  });
}

function drawWindow(point) {
  const found = point.window;
  if (!found) return;
  const styles = { "0": "solid", "1": "dash", "-1": "dot" };
  const traces = Object.entries(found.change).map(([reward, change]) => ({ type: "scatter", mode: "lines",
    x: found.lag_ms, y: change.map((each) => 100 * each),
    name: reward === "0" ? "no reward error" : `reward error ${reward > 0 ? "+" : "−"}1`,
    line: { color: ORANGE, dash: styles[reward] } }));
  draw(get("window"), traces, { height: 240, showlegend: traces.length > 1, legend: { orientation: "h", y: 1.02, yanchor: "bottom" },
    xaxis: axis("post minus pre at the synapse (ms)", { zeroline: true }),
    yaxis: axis(`change by ${found.pairings} pairings (%)`, { zeroline: true }) }, { displayModeBar: false });
}

function weights(point) {
  const parts = [];
  if (point.distributions?.length) {
    parts.push(make("h4", {}, "Weights by synapse type, before and after"),
      tableOf(["synapse type", "task", "before (pA)", "after (pA)", "at zero", "at the bound"],
        point.distributions.map(([task, type, before, after, zero, bound]) =>
          [type, task.replaceAll("_", " "), text(before), text(after), percent(zero), percent(bound)])));
  } else if (point.weights?.length) {
    parts.push(make("h4", {}, "Weights after training"),
      tableOf(["synapses", "task", "mean, initial = 1", "at zero (before)", "at the bound"],
        point.weights.map(([task, kind, mean, before, zero, bound]) => [kind, task.replaceAll("_", " "),
          text(mean), `${percent(zero)} (${percent(before)})`, percent(bound)])),
      make("p", { class: "caption" }, "By synapse type with `analyses: [weights]` in the protocol."));
  }
  return parts;
}

const percent = (share) => `${(100 * share).toFixed(share < 0.1 ? 1 : 0)} %`;

function rates(point) {
  if (!point.rates?.length) return [];
  const rows = point.rates.map(([name, model, mouse]) => [name, text(model), text(mouse)]);
  return [make("details", {}, make("summary", {}, "Mean rates next to the mouse's"),
    tableOf(["population", "model (Hz)", "mouse (Hz)"], rows))];
}

function commands(point) {
  const { run } = data, name = called(point), file = `${name.replace(".", "_")}.yaml`;
  const seed = point.seeds ? ` --seed ${point.seeds[0]}` : "";
  const lines = [`v1cortex runs rule ${run} ${name} --out ${file}`,
    `v1cortex evaluate ${run}/circuit --protocol ${run}/protocol.yaml --rule ${file}${seed}`].join("\n");
  const block = (content) => make("div", { class: "copied" },
    make("button", { type: "button", onclick: (event) => copy(event.target, content) }, "Copy"),
    make("pre", {}, content));
  const parts = [make("h4", {}, "To evaluate it again"), block(lines)];
  if (point.yaml) parts.push(make("details", {}, make("summary", {}, "The rule as YAML"), block(point.yaml)));
  return parts;
}
