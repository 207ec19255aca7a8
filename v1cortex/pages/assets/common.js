"use strict";
/* What all figures share: data, colours, sizes and drawing. */

const CLASS_COLOURS = { E: "#D55E00", Pvalb: "#0072B2", Sst: "#009E73", Htr3a: "#CC79A7" };
const GREY = "#8d959e", BLUE = "#3a8fc4", ORANGE = "#D55E00", BAND = "rgba(58,143,196,0.25)";
const PALETTE = ["#D55E00", "#0072B2", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#999933",
  "#882255", "#44AA99", "#AA4499", "#6699CC", "#661100"];
const OUTCOME_COLOURS = [BLUE, "#E69F00", "#CC79A7", "#009E73", ORANGE, "#999933"];
const PRINT_WIDTH = 660;  // pixels of CSS between the margins of A4

const NARROW = window.innerWidth < 600;  // a phone
const TOUCH = window.matchMedia("(hover: none)").matches;  // a tool bar would lie over labels all the time

const get = (id) => document.getElementById(id);
const drawn = new Set();  // elements that hold a figure
const begin = [];  // what to do once the data are there
let data = null;

/** Return the text that an element holds as base64 of gzip. */
async function unpack(id) {
  const bytes = Uint8Array.from(atob(get(id).textContent), (c) => c.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Response(stream).text();
}

/** Make an element with attributes (on... are listeners) and children. */
function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

/** Return a number for people: three digits, no exponent where that is short. */
function text(value) {
  if (value === null || value === undefined) return "–";
  return Math.abs(value) >= 1000 ? Math.round(value).toLocaleString("en") : String(+value.toPrecision(3));
}

const nameOf = (objective) => objective.label + (objective.unit ? ` (${objective.unit})` : "");
const called = (point) => point.rule || point.id;

/** Break a label after about this many letters. */
function wrapped(label, most = 26) {
  const lines = [""];
  for (const word of label.split(" ")) {
    const last = lines.length - 1;
    if (lines[last] && (lines[last] + word).length > most) lines.push(word);
    else lines[last] += (lines[last] ? " " : "") + word;
  }
  return lines.join("<br>");
}

/** Draw a figure, or draw it again. */
function draw(element, traces, layout, more = {}) {
  const base = {
    paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)", autosize: true,
    font: { family: "inherit", size: 12, color: "#777" },
    margin: { l: 60, r: 15, t: 15, b: 50 }, hovermode: "closest", showlegend: false,
    hoverlabel: { bgcolor: "#2b3138", bordercolor: "#2b3138", font: { color: "#fff", size: 12 } },
  };
  const config = {
    responsive: true, displaylogo: false, displayModeBar: TOUCH ? false : "hover",
    modeBarButtonsToRemove: ["lasso2d", "select2d", "autoScale2d"],
    toImageButtonOptions: { format: "svg", filename: element.id || "figure" },
    ...more,
  };
  drawn.add(element);
  return Plotly.react(element, traces, { ...base, ...layout }, config);
}

const axis = (title, more = {}) => ({
  title: { text: wrapped(title, NARROW ? 26 : 44), standoff: 8 }, automargin: true, zeroline: false,
  gridcolor: "#ccc", linecolor: "#999", ...more,
});

/** Vertical dashed line with a text at its top. */
function marked(x, label, dash, anchor) {
  return {
    shape: { type: "line", x0: x, x1: x, y0: 0, y1: 1, yref: "paper", line: { width: 1, dash } },
    annotation: { x, y: 1, yref: "paper", text: label, showarrow: false, yanchor: "bottom",
      xanchor: anchor, font: { size: 11 } },
  };
}

/** Give all figures the width of the paper, and back. */
function forPrint(printing) {
  for (const element of drawn) {
    const narrow = element.closest(".panels");
    const width = narrow ? PRINT_WIDTH / 2 - 30 : PRINT_WIDTH;
    Plotly.relayout(element, printing ? { width, autosize: false } : { width: null, autosize: true });
  }
  for (const details of document.querySelectorAll("details.open-in-print")) {
    if (printing && !details.open) { details.open = true; details.dataset.closed = "1"; }
    else if (!printing && details.dataset.closed) { details.open = false; delete details.dataset.closed; }
  }
}

/** Copy the text of an element. */
async function copy(button, content) {
  const before = button.textContent;
  try {
    await navigator.clipboard.writeText(content);
    button.textContent = "Copied";
  } catch {
    button.textContent = "Select and press Ctrl+C";
  }
  setTimeout(() => { button.textContent = before; }, 2000);
}
