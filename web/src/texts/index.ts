// The words of the page, in the language of whoever looks at it.

import { computed, signal } from "@preact/signals";
import { remember, remembered } from "../memory";
import { en, type Texts } from "./en";

// English is always there. Others are loaded when somebody wants them.
const LANGUAGES = {
  en: async () => en,
  de: async () => (await import("./de")).de,
};

export type Language = keyof typeof LANGUAGES;

/** What one may choose from: "auto" is the browser's. */
export const CHOICES = ["auto", ...(Object.keys(LANGUAGES) as Language[])] as const;

export type Choice = (typeof CHOICES)[number];

const current = signal<{ language: Language; texts: Texts }>({ language: "en", texts: en });
const choice = signal<Choice>("auto");

/** The language of the page. */
export const language = computed(() => current.value.language);

/** What the user chose. */
export const chosenLanguage = computed(() => choice.value);

/** The user's kind of that language, "en-GB": dates and numbers are written in it. */
export const locale = computed(
  () => navigator.languages.find((each) => base(each) === language.value) ?? language.value,
);

/** The texts; a component that uses them is shown anew when the language changes. */
export function t(): Texts {
  return current.value.texts;
}

/** Speak the language that was chosen some time, or the browser's. */
export function beginToSpeak(): Promise<void> {
  const last = remembered<Choice>("localStorage", "language", "auto");
  choice.value = CHOICES.includes(last) ? last : "auto";
  return speak();
}

/** Speak this language from now on, also after a reload. */
export function setLanguage(language: Choice): Promise<void> {
  choice.value = language;
  remember("localStorage", "language", language);
  return speak();
}

/** What an error of the server means. Its own words are English, and say more than its code. */
export function errorText(code: string, message: string): string {
  const { errors } = t();
  if (!isKnown(code, errors) || (language.value === "en" && message)) return message;
  return message && SAY_MORE.has(code) ? `${errors[code]} (${message})` : errors[code];
}

/** Why somebody left. What the server says is English, unless we know it. */
export function leftText(reason: string): string {
  const why: Record<string, string> = t().talk.why;
  return Object.hasOwn(why, reason) ? why[reason]! : reason;
}

const SAY_MORE = new Set(["bad_json", "bad_command", "bad_nick", "bad_room", "not_allowed"]);

function isKnown(code: string, errors: Texts["errors"]): code is keyof Texts["errors"] {
  return Object.hasOwn(errors, code);
}

async function speak(): Promise<void> {
  const spoken = wanted();
  try {
    const texts = await LANGUAGES[spoken]();
    if (spoken === wanted()) current.value = { language: spoken, texts };
  } catch (problem) {
    console.warn(problem); // without a network a language stays that is there
  }
  document.documentElement.lang = language.value;
}

function wanted(): Language {
  if (choice.value !== "auto") return choice.value;
  return navigator.languages.map(base).find(isSpoken) ?? "en";
}

function isSpoken(tag: string): tag is Language {
  return Object.hasOwn(LANGUAGES, tag);
}

/** "de" of "de-AT". */
function base(tag: string): string {
  return tag.split("-", 1)[0]!.toLowerCase();
}
