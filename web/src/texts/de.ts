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
    hint: "Sag etwas, oder /help",
    send: "Senden",
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
  because: (what: string, why: string) => `${what} (${why})`,
};
