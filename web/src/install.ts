// Has the browser keep the page, so that it can be installed and opens without the server.

/** Once all is there, so as not to be in its way. Where it isn't possible, all else works. */
export function keepPage(): void {
  if (!import.meta.env.PROD || !("serviceWorker" in navigator)) return; // there in secure contexts only
  const keep = () => navigator.serviceWorker.register("sw.js", { updateViaCache: "none" }).catch(() => {});
  if (document.readyState === "complete") keep();
  else addEventListener("load", keep, { once: true });
}
