// Notes what runs in a page that should not, and which elements come that have no business there.
(() => {
  const noted = [];
  window.__noted = () => {
    document.querySelectorAll("*").forEach(check);
    if (window.__xss !== undefined) note("window.__xss is set");
    delete window.__xss;
    return noted.splice(0);
  };
  for (const name of ["alert", "confirm", "prompt", "print", "open"]) {
    window[name] = (...said) => note(`${name}(${said})`);
  }
  addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI, sample }) =>
    note(`the policy forbade ${violatedDirective} ${blockedURI} ${sample}`),
  );

  const words = (text) => new Set(text.split(" "));
  const IN_PAGE = words(
    "html head title meta link script noscript body div main header footer nav aside section article " +
      "h1 h2 h3 p ol ul li dl dt dd span bdi q b strong em mark small time kbd code pre blockquote a " +
      "button form label input textarea select option fieldset legend output dialog menu table caption " +
      "thead tbody tr th td svg g path circle rect line polyline ellipse",
  );
  const IN_TEXT = words("div span bdi strong em mark small code pre blockquote a");
  const LEADS = words("href xlink:href src srcset action formaction data poster background ping");

  function note(what) {
    if (!noted.includes(what)) noted.push(what);
  }

  function check(element) {
    const name = element.localName;
    const shown = () => element.outerHTML.slice(0, 200);
    if (!IN_PAGE.has(name) || element.shadowRoot) note(`<${name}> came: ${shown()}`);
    if (element.closest(".text") && !element.classList.contains("text") && !IN_TEXT.has(name)) {
      note(`<${name}> came into a message: ${shown()}`);
    }
    if (["meta", "link", "script", "title"].includes(name)) checkHead(element, name, shown);
    for (const { name: attribute, value } of element.attributes) {
      if (/^on/i.test(attribute) || ["srcdoc", "http-equiv", "is"].includes(attribute)) {
        note(`${attribute} came: ${shown()}`);
      }
      if (attribute === "style" && /url|expression|@/i.test(value)) note(`style came: ${shown()}`);
      if (LEADS.has(attribute)) checkAddress(element, attribute, value, shown);
    }
  }

  function checkHead(element, name, shown) {
    if (!document.head?.contains(element)) note(`<${name}> came: ${shown()}`);
    if (name === "script" && (!element.src || element.textContent !== "")) note(`a script came: ${shown()}`);
  }

  function checkAddress(element, attribute, value, shown) {
    if (value.startsWith("#") && element.localName === "a") return;
    if (!URL.canParse(value, location.href)) return note(`${attribute} is ${value}: ${shown()}`);
    const { protocol, origin, username } = new URL(value, location.href);
    if (origin === location.origin && !/["'<>\s]/.test(value)) return;
    const away = ["http:", "https:"].includes(protocol) && username === "";
    const rel = element.getAttribute("rel") ?? "";
    const safe = element.localName === "a" && attribute === "href" && element.target === "_blank";
    if (!away || !safe || !rel.includes("noopener")) note(`${attribute} leads to ${value}: ${shown()}`);
  }

  new MutationObserver((changes) => {
    for (const { target, addedNodes } of changes) {
      if (target.nodeType === Node.ELEMENT_NODE) check(target);
      for (const node of addedNodes) {
        if (node.nodeType !== Node.ELEMENT_NODE) continue;
        check(node);
        node.querySelectorAll("*").forEach(check);
      }
    }
  }).observe(document, { attributes: true, childList: true, subtree: true });
})();
