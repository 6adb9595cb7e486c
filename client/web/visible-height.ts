// Keeps the page as high as what can be seen of it: some phones lay their keyboard over the page, and with it over the key row.
/// <reference lib="dom" />

/** Sets `--visible` on the document, which main.css takes for the height of a terminal's page; a page that is zoomed keeps its height. */
export function followVisibleHeight(): void {
  const seen = window.visualViewport;
  if (seen === null) return;
  const look = () => {
    if (Math.abs(seen.scale - 1) > 0.01) return;
    document.documentElement.style.setProperty("--visible", `${seen.height}px`);
    // The browser has moved the page up to show the cursor; by now all of it can be seen.
    if (seen.offsetTop > 0) window.scrollTo(0, 0);
  };
  seen.addEventListener("resize", look);
}
