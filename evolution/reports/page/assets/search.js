"use strict";
/* The course of the search. */

function drawCourse() {
  const { course } = data;
  const select = get("course-objective");
  if (!select.options.length) {
    data.objectives.forEach((objective, k) => select.append(make("option", { value: k }, nameOf(objective))));
    select.addEventListener("change", drawCourse);
  }
  const margin = { l: 60, r: 15, t: 75, b: 50 };
  const x = course.generations, generations = axis("generation", { dtick: x.length < 12 ? 1 : undefined });
  draw(get("course-outcomes"), Object.entries(course.outcomes).map(([kind, y], k) => ({ type: "bar", x, y,
    name: kind, marker: { color: OUTCOME_COLOURS[k % OUTCOME_COLOURS.length] } })),
  { height: 340, margin, barmode: "stack", showlegend: true, legend: { orientation: "h", y: 1.02, yanchor: "bottom" },
    xaxis: generations, yaxis: axis("rules") });
  if (!course.best) return;
  const k = Number(select.value), g = course.drawn;
  const lines = (y, name, more) => ({ type: "scatter", x: g, y, name, mode: "lines+markers", ...more });
  const traces = [
    lines(course.high[k], "", { mode: "lines", line: { width: 0 }, showlegend: false, hoverinfo: "skip" }),
    lines(course.low[k], "quartiles", { mode: "lines", line: { width: 0 }, fill: "tonexty", fillcolor: BAND }),
    lines(course.median[k], "median of new rules", { line: { color: BLUE } }),
    lines(course.best[k], "best so far", { line: { color: ORANGE } }),
  ];
  const shapes = data.objectives[k].name === "error" ? [{ type: "line", x0: 0, x1: 1, xref: "paper", y0: 0.5,
    y1: 0.5, line: { width: 1, dash: "dot" } }] : [];
  draw(get("course-values"), traces, { height: 340, margin, showlegend: true, legend: { orientation: "h", y: 1.02, yanchor: "bottom" },
    shapes, xaxis: generations, yaxis: axis(nameOf(data.objectives[k])) });
}
