"use strict";
/* Figures whose traces and layout come with the page. */

/** On a phone, numbers in brackets stand in the tables only. */
function short({ ticktext }) {
  return NARROW && ticktext ? { ticktext: ticktext.map((label) => label.replace(/ \(.*\)$/, "")) } : {};
}

function drawFigures() {
  for (const { id, traces, layout, height } of data.figures ?? []) {
    const axes = Object.entries(layout).filter(([key]) => /^[xy]axis/.test(key))
      .map(([key, { title, ...more }]) => [key, axis(title ?? "", { ...more, ...short(more) })]);
    const legend = { orientation: "h", y: 1.02, yanchor: "bottom", x: 0 };
    const base = { height, showlegend: traces.some((trace) => trace.showlegend !== false && trace.name), legend };
    draw(get(id), traces, { ...base, ...layout, ...Object.fromEntries(axes) });
  }
}

begin.push(drawFigures);
