// Where something is said, a room or a private conversation: what of it was shown, and what of it
// one has read, on whatever device.

/** Whether an entry is something done to a message. */
export function isDeed({ edit, delete: erased, react }) {
  return [edit, erased, react].some((target) => typeof target === "string");
}

/** Whether an entry is a message that can be read, not one that was erased. */
export function isMessage(entry) {
  return !entry.deleted && !isDeed(entry);
}

export class Place {
  room; // as it is called just now
  user; // of a conversation: the id of the other side, "" while that isn't known
  epoch = null; // of the log that `seq` belongs to; null: not read yet
  seq = 0; // of the last entry that was shown
  waiting = []; // entries that came while those before them are read
  filling = false; // those are being read just now
  left = false; // one is elsewhere
  behind = false; // those are to be read first
  #read = 0; // one has read everything up to here
  #told = 0; // as far as the server knows
  #unread = new Set(); // the seqs of the messages after it that were shown, without one's own

  constructor(room, user = "") {
    this.room = room;
    this.user = user;
  }

  /** What the server knows it by, also after the other side took another nick. */
  get address() {
    return this.user ? `@+${this.user}` : this.room;
  }

  get read() {
    return this.#read;
  }

  get unread() {
    return this.#unread.size;
  }

  /** How far one has read and the server doesn't know; 0: it knows. */
  get untold() {
    return this.#read > this.#told ? this.#read : 0;
  }

  /** Another log: what was read of the one before means nothing. */
  begin(epoch, read, seq = 0) {
    Object.assign(this, { epoch, seq });
    this.#read = this.#told = read;
    this.#unread.clear();
  }

  /** An entry was shown. */
  shown(entry, mine) {
    this.seq = entry.seq;
    if (entry.seq > this.#read && !mine && isMessage(entry)) this.#unread.add(entry.seq);
    if (typeof entry.delete === "string") this.#unread.delete(entry.ref);
  }

  /** The connection is another one, the log the same. */
  resumed(read) {
    this.#told = read;
    this.hasRead(read);
  }

  /** The server says how far one has read. */
  told(seq) {
    this.#told = Math.max(this.#told, seq);
    this.hasRead(seq);
  }

  /** One has read up to here; whether that is further than before. */
  hasRead(seq = this.seq) {
    if (seq <= this.#read) return false;
    this.#read = seq;
    for (const each of this.#unread) if (each <= seq) this.#unread.delete(each);
    return true;
  }
}
