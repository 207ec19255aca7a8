"use strict";
/* Conditions as forest plots: scores, and differences to the control. */

function drawForest() {
  const found = data.forest;
  if (!found) return;
  const rows = [...found.rows].reverse();  // the first one at the top
  const height = 98 + 26 * rows.length;
  const score = forest(rows, (row) => row.score, found.score);
  const chance = marked(found.chance, "chance", "solid", "right");
  const luck = found.luck === null ? null
    : marked(found.luck, `best of ${found.tried}<br>by luck`, "dot", "left");
  const marks = [chance, luck].filter(Boolean);
  const names = { ...axis(""), tickmode: "array", tickvals: rows.map((_, k) => k),
    ticktext: rows.map((row) => wrapped(row.condition, 24)), range: [-0.6, rows.length - 0.4] };
  const layout = { height, margin: { l: 10, r: 15, t: 38, b: 45 }, yaxis: names };
  const ends = [found.chance, found.luck ?? found.chance,
    ...rows.flatMap((row) => [...row.score, ...row.seeds].filter((each) => each !== null))];
  const low = Math.min(...ends), high = Math.max(...ends), room = 0.08 * (high - low);
  draw(get("forest-score"), [seeds(rows), score], { ...layout, xaxis: axis(found.score, { range: [low - room, high + room] }),
    shapes: marks.map((each) => each.shape), annotations: marks.map((each) => each.annotation) });
  if (!found.rows.some((row) => row.difference)) return get("forest-difference").remove();
  const difference = forest(rows, (row) => row.difference, "difference");
  const zero = marked(0, "as the control", "solid", "center");
  draw(get("forest-difference"), [difference], { ...layout,
    xaxis: axis(`difference in ${found.score} to the control`),
    shapes: [zero.shape], annotations: [zero.annotation] });
}

/** The scores of single networks. */
function seeds(rows) {
  return { type: "scatter", mode: "markers", x: rows.flatMap((row) => row.seeds),
    y: rows.flatMap((row, k) => row.seeds.map(() => k - 0.25)), hoverinfo: "x",
    marker: { size: 4, color: GREY, opacity: 0.7 } };
}

/** Points with their intervals; rows without an estimate stay empty. */
function forest(rows, estimate, what) {
  const x = [], y = [], plus = [], minus = [], colour = [], hover = [];
  rows.forEach((row, k) => {
    const found = estimate(row);
    if (!found) return;
    const [mean, low, high] = found;
    x.push(mean); y.push(k);
    plus.push(high === null ? 0 : high - mean); minus.push(low === null ? 0 : mean - low);
    colour.push(row.rule ? ORANGE : BLUE);
    hover.push(`<b>${row.condition}</b><br>${what} ${mean.toFixed(3)}` +
      (low === null ? "" : ` (95 %: ${low.toFixed(3)} to ${high.toFixed(3)})`));
  });
  return { type: "scatter", mode: "markers", x, y, text: hover, hoverinfo: "text",
    marker: { size: 10, color: colour },
    error_x: { type: "data", array: plus, arrayminus: minus, symmetric: false, thickness: 1.5,
      color: GREY, width: 4 } };
}

begin.push(drawForest);
