// A button that copies: beside fields of the class "copyable", and on the SQL of a schema.

function button(text) {
  const node = document.createElement("button");
  node.type = "button";
  node.className = "button-quiet copy-button";
  node.textContent = "Copy";
  node.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(text());
      node.textContent = "Copied";
    } catch {
      node.textContent = "Not copied";
    }
    setTimeout(() => (node.textContent = "Copy"), 2000);
  });
  return node;
}

// Copying needs a secure page; elsewhere a button would only promise.
if (navigator.clipboard) {
  for (const field of document.querySelectorAll("input.copyable")) field.after(button(() => field.value));
  for (const block of document.querySelectorAll("pre.wrapped-sql")) {
    const frame = document.createElement("div");
    frame.className = "copy-frame";
    block.replaceWith(frame);
    frame.append(block, button(() => block.textContent));
  }
}
