// Facets and the filter form fold on narrow pages, and more values of one come without leaving the page.

function startFold(fold, width) {
  const narrow = matchMedia(`(max-width: ${width}px)`);
  const update = () => {
    fold.open = !narrow.matches;
  };
  narrow.addEventListener("change", update);
  update();
}

async function more(link) {
  const box = link.closest(".facet-info");
  link.setAttribute("aria-busy", "true");
  const response = await fetch(link.href);
  if (!response.ok) throw new Error(response.statusText);
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  const fresh = page.getElementById(box.id);
  if (!fresh) throw new Error("The facet is not on the new page");
  box.replaceWith(document.adoptNode(fresh));
  fresh.querySelector("li:last-child a, a")?.focus();
}

for (const fold of document.querySelectorAll(".facets-fold")) startFold(fold, 999);
for (const fold of document.querySelectorAll(".filters-fold")) startFold(fold, 640);

document.addEventListener("click", (event) => {
  const link = event.target.closest?.(".facet-truncated a");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  more(link).catch(() => (location.href = link.href));
});
