"use strict";
/* What a run's page draws, and what its buttons do. */

begin.push(() => {
  if (data.points.length) {
    fillControls();
    drawFront();
    drawParallel();
    drawFamilies();
    onClick(get("front-plot"));
    get("parallel").on("plotly_restyle", onBrush);
    choose(data.points[0].id, false);
  } else {
    for (const part of document.querySelectorAll("#front .controls, #front fieldset, #front .screen, .work")) part.remove();
  }
  drawCourse();
  document.addEventListener("click", (event) => {
    const button = event.target.closest("button.rule");
    if (button) choose(button.dataset.rule);
  });
});
