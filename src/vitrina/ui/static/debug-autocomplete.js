// Shows the row that was chosen on the page that tries out autocompletion.

document.addEventListener("datasette-autocomplete-select", (event) => {
  const output = document.querySelector(".debug-autocomplete-selected");
  if (output) output.textContent = JSON.stringify(event.detail.row, null, 2);
});
