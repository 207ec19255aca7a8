"use strict";
/* Unpack plotly.js and the data, then draw what the other scripts put into `begin`. */

async function start() {
  if (typeof DecompressionStream === "undefined") {
    throw new Error("this browser is too old for the figures (2023 or newer is needed); the tables are complete");
  }
  const library = document.createElement("script");
  library.textContent = await unpack("plotly");
  document.head.append(library);
  data = JSON.parse(await unpack("data"));
  for (const each of begin) each();
  document.addEventListener("click", (event) => {
    const button = event.target.closest("button.copy");
    if (button) copy(button, get(button.dataset.of).textContent);
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
