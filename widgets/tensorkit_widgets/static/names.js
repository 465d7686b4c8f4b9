// Gives the handles of ipywidgets' sliders the names that they lack: the trait `labels`, in the order of the page.
// It shows nothing of its own.

function render({ model, el }) {
  el.hidden = true;
  let observer;

  function name(group) {
    group.querySelectorAll(".noUi-handle").forEach((handle, place) => {
      const label = model.get("labels")[place];
      if (label && handle.getAttribute("aria-label") !== label) handle.setAttribute("aria-label", label);
    });
  }

  const start = requestAnimationFrame(() => { // now it stands on the page, and so does what is around it
    const group = el.closest(".tk-what-if");
    if (!group) return;
    observer = new MutationObserver(() => name(group));
    observer.observe(group, { childList: true, subtree: true });
    name(group);
  });
  return () => {
    cancelAnimationFrame(start);
    observer?.disconnect();
  };
}

export default { render };
