// The service worker: keeps the files of the page, so that it opens without the server, and quickly.
// The page itself is always asked of the server first, and names the files it is made of: a new
// release is there with the next load, and never mixed with an old one.

declare const self: ServiceWorkerGlobalScope;
declare const __SHELL__: { version: string; files: string[] }; // of this build: see building/shell.ts

const { version, files } = __SHELL__;
const SCOPE = self.registration.scope;
const OURS = `rabbitchat ${SCOPE} `; // one server may have several chats, each at a path of its own
const CACHE = OURS + version;
const PAGE = "index.html";
const WAIT = 4_000; // ms for the server to answer, if there is something kept instead

const nameOf = (url: string) => new URL(url).pathname.slice(new URL(SCOPE).pathname.length) || PAGE;

// Tabs of the release before may still need what only their own worker has kept: this one's turn
// comes when they are closed.
self.addEventListener("install", (event) => event.waitUntil(keepAll()));
self.addEventListener("activate", (event) => event.waitUntil(forgetOthers()));
self.addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.method !== "GET" || !request.url.startsWith(SCOPE)) return;
  const name = nameOf(request.url);
  if (name.startsWith("assets/")) event.respondWith(keptFirst(request));
  else if (files.includes(name)) event.respondWith(serverFirst(request, name));
});
self.addEventListener("notificationclick", (event) => {
  const { notification } = event;
  notification.close();
  event.waitUntil(openPlace(String(notification.data ?? "")));
});

async function keepAll(): Promise<void> {
  const cache = await caches.open(CACHE);
  // The names of assets change with what is in them; all else may be an old copy of the browser's.
  const wanted = files.map((name) => {
    const path = name === PAGE ? "./" : name;
    return new Request(path, { cache: name.startsWith("assets/") ? "default" : "reload" });
  });
  await cache.addAll(wanted);
  const page = await (await cache.match("./"))?.text();
  const assets = page?.match(/assets\/[\w.-]+/g) ?? [];
  if (!assets.every((name) => files.includes(name))) throw new Error("The release changes just now.");
}

async function forgetOthers(): Promise<void> {
  for (const name of await caches.keys()) {
    if (name.startsWith(OURS) && name !== CACHE) await caches.delete(name);
  }
}

async function keptFirst(request: Request): Promise<Response> {
  return (await caches.match(request, { ignoreVary: true })) ?? fetch(request);
}

async function serverFirst(request: Request, name: string): Promise<Response> {
  const kept = await (await caches.open(CACHE)).match(name === PAGE ? "./" : name, { ignoreVary: true });
  if (!kept) return fetch(request);
  try {
    const answer = await fetch(request, { signal: AbortSignal.timeout(WAIT) });
    return answer.status < 500 ? answer : kept; // else a proxy stands there alone
  } catch {
    return kept;
  }
}

/** The page, in the window that is there, looks at the place of this address: "#/with/bob". */
async function openPlace(address: string): Promise<void> {
  const [page] = await self.clients.matchAll({ type: "window" });
  if (!page) await self.clients.openWindow(SCOPE + address);
  else await (await page.focus()).navigate(SCOPE + address);
}

export {}; // not a script of the page's: `self` is another one here
