// One message as it is shown, with what was done to it since.

import { clock, element, linked, name } from "./elements.js";

const REACTIONS = 20; // different ones that are shown with a message

/** Who said what: the part of a row after its time. */
export function said({ room, from, user, text, via }, mine) {
  const action = text.startsWith("/me ");
  const made = element("p", action ? "action" : "", name(from, user));
  if (room.startsWith("@")) {
    const other = mine ? ["to ", element("bdi", "", room.slice(1))] : ["to you"];
    made.append(" ", element("small", "", ...other));
  }
  if (via) made.append(" ", element("small", "", `via ${via}`));
  made.append(" ", linked(action ? text.slice(4) : text));
  return made;
}

export class Row {
  element;
  entry;
  mine;
  #changed; // the seq of the last edit
  #reactions = new Map(); // text: Map of user: nick
  #own = new Set(); // texts of one's own reactions

  constructor(entry, mine) {
    Object.assign(this, { entry, mine });
    this.#changed = entry.seq;
    this.element = element("li", "message", clock(entry.time), this.#said());
    this.element.classList.toggle("mine", mine);
    this.element.classList.toggle("private", entry.room.startsWith("@"));
    const more = element("button", "more", "⋯");
    Object.assign(more, { type: "button", tabIndex: -1, ariaLabel: "Actions", ariaExpanded: "false" });
    if (!entry.deleted) this.element.append(more);
  }

  /** Something was done to it: `entry` is what. */
  change(entry, mine) {
    if (this.entry.deleted) return;
    if (typeof entry.delete === "string") this.#erase();
    else if (typeof entry.edit === "string") this.#edit(entry);
    else this.#react(entry, mine);
  }

  /** Whether one has reacted with this. */
  has(text) {
    return this.#own.has(text);
  }

  #edit({ seq, text, time, deleted }) {
    if (deleted || !text || seq <= this.#changed) return;
    this.#changed = seq;
    this.#becomes({ text, edited: time });
  }

  #erase() {
    this.#becomes({ text: "", deleted: true });
    for (const part of this.element.querySelectorAll(".more, .actions, .reactions")) part.remove();
  }

  #becomes(change) {
    this.entry = { ...this.entry, ...change };
    this.element.querySelector("p").replaceWith(this.#said());
  }

  #said() {
    const { text = "", edited, deleted } = this.entry;
    const made = said({ ...this.entry, text }, this.mine);
    if (deleted) {
      made.querySelector(".text").replaceWith(element("em", "text", "message deleted"));
    } else if (edited) {
      const mark = element("small", "edited", "edited");
      mark.title = new Date(edited).toLocaleString([], { dateStyle: "full", timeStyle: "long" });
      made.append(" ", mark);
    }
    return made;
  }

  #react({ text, user, from, active = true }, mine) {
    const people = this.#reactions.get(text) ?? new Map();
    if (active) people.set(user, from);
    else people.delete(user);
    this.#reactions.delete(people.size === 0 ? text : "");
    if (people.size > 0) this.#reactions.set(text, people);
    if (mine && active) this.#own.add(text);
    else if (mine) this.#own.delete(text);
    this.element.querySelector(".reactions")?.remove();
    if (this.#reactions.size > 0) this.element.append(this.#shownReactions());
  }

  #shownReactions() {
    const made = element("ul", "reactions");
    made.ariaLabel = "Reactions";
    for (const [text, people] of [...this.#reactions].slice(0, REACTIONS)) {
      const button = element("button", "reaction", element("bdi", "", text), ` ${people.size}`);
      Object.assign(button, { type: "button", value: text, ariaPressed: String(this.has(text)) });
      button.title = [...people.values()].join(", ");
      made.append(element("li", "", button));
    }
    return made;
  }
}
