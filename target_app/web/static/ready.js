// Says that a page has finished its set-up. As a page's own module it is all that the page does.

export function ready() {
  document.documentElement.dataset.ready = "true";
}

if (document.querySelector(`script[src="${new URL(import.meta.url).pathname}"]`)) {
  ready();
}
