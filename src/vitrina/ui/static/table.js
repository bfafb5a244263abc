// A table page: the exact count on demand, and what the rows' region needs for keys.

function startCount(button) {
  const label = button.parentElement.querySelector(".table-count");
  const problem = button.parentElement.querySelector(".count-error");
  button.hidden = false;
  button.addEventListener("click", async () => {
    button.disabled = true;
    problem.textContent = "";
    label.textContent = "Counting…";
    try {
      const response = await fetch(button.dataset.countUrl, { method: "POST", headers: { Accept: "application/json" } });
      const answer = await response.json();
      if (!answer.ok) throw new Error(answer.error);
      label.textContent = `${answer.count.toLocaleString("en-US")} ${answer.count === 1 ? "row" : "rows"}`;
      button.remove();
    } catch (error) {
      label.textContent = "10,000+ rows";
      problem.textContent = error.message || "The rows could not be counted.";
      button.disabled = false;
    }
  });
}

// The region of rows takes the keyboard only where it really scrolls.
function startRegion(wrapper) {
  const update = () => {
    const scrolls = wrapper.scrollWidth > wrapper.clientWidth + 1 || wrapper.scrollHeight > wrapper.clientHeight + 1;
    if (scrolls) wrapper.tabIndex = 0;
    else wrapper.removeAttribute("tabindex");
  };
  new ResizeObserver(update).observe(wrapper);
  update();
}

for (const button of document.querySelectorAll("button.count-all")) startCount(button);
for (const wrapper of document.querySelectorAll(".table-wrapper")) startRegion(wrapper);
