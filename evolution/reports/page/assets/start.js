"use strict";
/* Unpack plotly.js and the data, then draw. */

async function start() {
  if (typeof DecompressionStream === "undefined") {
    throw new Error("this browser is too old for the figures (2023 or newer is needed); the tables are complete");
  }
  const library = document.createElement("script");
  library.textContent = await unpack("plotly");
  document.head.append(library);
  data = JSON.parse(await unpack("data"));
  drawForest();
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
    const button = event.target.closest("button");
    if (button?.matches("button.rule")) choose(button.dataset.rule);
    else if (button?.matches("button.copy")) copy(button, get(button.dataset.of).textContent);
  });
  window.addEventListener("beforeprint", () => forPrint(true));
  window.addEventListener("afterprint", () => forPrint(false));
  document.body.dataset.ready = "1";
}

start().catch((error) => {
  document.querySelector("header").append(make("p", { class: "note", role: "alert" }, `No figures: ${error.message}.`));
  document.body.dataset.ready = "failed";
  console.error(error);
});
