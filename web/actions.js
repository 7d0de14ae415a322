// What one can do to a message: react to it, edit and delete one's own.

import { $, element } from "./elements.js";

const REACTIONS = ["👍", "❤️", "😂", "🎉", "👀"];

function button(text, does, label = "") {
  const made = element("button", "", text);
  made.type = "button";
  if (label) made.ariaLabel = label;
  made.addEventListener("click", () => does(made));
  return made;
}

export class Actions {
  #rowOf;
  #does;
  #open = null; // the button that shows the menu

  /** `rowOf(part)` finds the row of a message; `does` can `react(entry, text, active)`,
   * `edit(entry)` and `erase(entry)`. */
  constructor(rowOf, does) {
    this.#rowOf = rowOf;
    this.#does = does;
    const log = $("log");
    log.addEventListener("click", ({ target }) => this.#clicked(target.closest("button")));
    log.addEventListener("keydown", (event) => this.#pressed(event));
  }

  #clicked(pressed) {
    const row = pressed && this.#rowOf(pressed);
    if (!row) return;
    if (pressed.matches(".reaction")) {
      this.#does.react(row.entry, pressed.value, !row.has(pressed.value));
    } else if (pressed.matches(".more")) {
      const again = pressed === this.#open;
      this.close();
      if (!again) this.#show(pressed, row);
    }
  }

  #show(more, row) {
    this.#open = more;
    more.ariaExpanded = "true";
    const choices = REACTIONS.map((text) =>
      button(text, this.#then(() => this.#does.react(row.entry, text, !row.has(text))), `React with ${text}`),
    );
    if (row.mine) {
      choices.push(button("Edit", this.#then(() => this.#does.edit(row.entry))));
      const erase = this.#then(() => this.#does.erase(row.entry));
      let sure = false;
      choices.push(
        button("Delete", (made) => {
          if (sure) erase();
          sure = true;
          made.textContent = "Really delete";
        }),
      );
    }
    const menu = element("menu", "actions", ...choices.map((choice) => element("li", "", choice)));
    more.after(menu);
    menu.scrollIntoView({ block: "nearest" });
    choices[0].focus();
  }

  #then(does) {
    return () => {
      this.close();
      does();
    };
  }

  /** Put the menu away; who was in it is back at its button. */
  close() {
    const more = this.#open;
    this.#open = null;
    if (!more?.isConnected) return;
    more.ariaExpanded = "false";
    const menu = more.nextElementSibling;
    if (menu.contains(document.activeElement)) more.focus();
    menu.remove();
  }

  /** One of the buttons can be tabbed to, the newest; up and down lead to the others. */
  #pressed(event) {
    const { key, target } = event;
    if (key === "Escape") this.close();
    if (!target.matches(".more") || !["ArrowUp", "ArrowDown"].includes(key)) return;
    event.preventDefault();
    const all = [...$("log").querySelectorAll(".more")];
    all[all.indexOf(target) + (key === "ArrowUp" ? -1 : 1)]?.focus();
  }
}
