// What the page says in German.

import type { Texts } from "./en";
import { plurals } from "./plural";

const plural = plurals("de");

export const de: Texts = {
  connection: {
    connecting: "verbinde …",
    connected: "verbunden",
    waiting: (seconds: number) => plural(seconds, { other: "neuer Versuch in {n} s" }),
    offline: "offline",
    stopped: "getrennt",
    now: "Jetzt",
    connect: "Verbinden",
  },
  naming: {
    title: "Wie heißt du?",
    change: "Ändere deinen Namen",
    yours: "Dein Name",
    enter: "Hereinkommen",
    take: "Übernehmen",
    cancel: "Abbrechen",
  },
  composer: {
    label: "Sag etwas",
    hint: (place: string) => `Nachricht an ${place}, oder /help`,
    send: "Senden",
    emoji: "Emoji",
    left: (count: number) => plural(count, { other: "noch {n} Zeichen" }),
    over: (count: number) => plural(count, { other: "{n} Zeichen zu viel" }),
    editing: "Du änderst eine Nachricht.",
    stopEditing: "So lassen",
    erase: "Nachricht löschen",
    replying: ["Deine Antwort an ", ""],
    stopReplying: "Nicht antworten",
    gone: (place: string) => `Du hast ${place} verlassen`,
    suggestions: "Vorschläge",
    suggested: (count: number) => plural(count, { one: "{n} Vorschlag", other: "{n} Vorschläge" }),
  },
  typing: {
    one: ["", " schreibt …"],
    several: ["", " schreiben …"],
    more: (count: number) => plural(count, { one: " und noch jemand", other: " und {n} andere" }),
  },
  commands: {
    list: {
      nick: { takes: "NAME", does: "anders heißen" },
      join: { takes: "RAUM", does: "in einen Raum kommen, oder ihn eröffnen" },
      leave: { takes: "[RAUM]", does: "diesen oder einen anderen Raum verlassen" },
      msg: { takes: "NAME TEXT", does: "nur einer Person etwas sagen" },
      me: { takes: "TEXT", does: "sagen, was du tust" },
      topic: { takes: "[TEXT]", does: "das Thema zeigen oder ändern" },
      who: { takes: "[RAUM]", does: "wer in diesem oder einem anderen deiner Räume ist" },
      rooms: { takes: "", does: "welche Räume es gibt" },
      search: { takes: "[WÖRTER]", does: "Nachrichten finden" },
      edit: { takes: "[TEXT]", does: "deine letzte Nachricht ändern" },
      delete: { takes: "", does: "deine letzte Nachricht löschen" },
      react: { takes: "EMOJI", does: "auf die letzte Nachricht von jemand anderem reagieren" },
      session: { takes: "[WORT]", does: "dein geheimes Wort; oder sein, wem dieses gehört" },
      help: { takes: "", does: "diese Liste" },
    },
    helpBefore: "Befehle:",
    helpAfter:
      "// sagt eine Zeile, die mit einem Schrägstrich beginnt. Umschalt und Eingabe beginnen eine neue Zeile.",
    unknown: (name: string) =>
      `Es gibt kein /${name}. /help zeigt die Befehle; // sagt eine Zeile, die mit einem Schrägstrich beginnt.`,
    noRoom: "/join RAUM: Buchstaben, Ziffern, - und _. Um mit einer Person zu reden: /msg NAME TEXT",
    noRoomOfYours: (name: string) => `Du bist nicht in ${name}. Um einen Raum zu verlassen: /leave [RAUM]`,
    onlyInRooms: "Das haben nur Räume, und dies ist ein Gespräch",
    topicIs: (topic: string) =>
      topic ? `Thema: ${topic}` : "Es gibt kein Thema. Um eines zu setzen: /topic TEXT",
    room: (name: string, count: number, topic: string) =>
      `#${name}: ${plural(count, { one: "{n} Person", other: "{n} Personen" })}${topic && `, ${topic}`}`,
    noRooms: "Es gibt keine Räume",
    people: (room: string, count: number, names: string) =>
      `#${room}: ${plural(count, { one: "{n} Person", other: "{n} Personen" })}: ${names}`,
    nothingToChange: "Du hast hier nichts gesagt, was sich noch ändern lässt",
    nothingToReactTo: "Niemand sonst hat hier etwas gesagt",
    session: (word: string) =>
      `Mit diesem Wort bist du auch anderswo du: behalte es für dich. Um damit zurückzukommen: /session ${word}`,
    tooLong: (most: number, length: number) =>
      `Eine Nachricht hat höchstens ${most} Zeichen; diese hat ${length}`,
  },
  notifications: {
    inRoom: (nick: string, room: string) => `${nick} in #${room}`,
  },
  errors: {
    bad_json: "Der Server hat das nicht verstanden",
    bad_command: "Das kann der Server gerade nicht",
    not_connected: "Du bist nicht verbunden",
    bad_nick: "Das kann kein Name sein",
    nick_in_use: "Diesen Namen hat schon jemand",
    bad_room: "Das kann kein Raum sein",
    not_in_room: "Du bist nicht in diesem Raum",
    no_such_user: "Niemand mit diesem Namen ist da",
    no_such_message: "Diese Nachricht gibt es nicht mehr",
    text_too_long: "Das ist zu lang",
    rate_limited: "Zu schnell: warte ein wenig",
    not_allowed: "Das ist nicht erlaubt",
    unavailable: "Der Server kann gerade nichts speichern",
  },
};
