// Messages of emoji alone, which are shown large.

const ONE =
  "(?:\\p{RI}\\p{RI}" + // a flag
  "|[0-9#*]\\uFE0F?\\u20E3" + // a key
  "|(?:\\p{Emoji_Presentation}|\\p{Extended_Pictographic}(?=[\\uFE0F\\p{EMod}]))" +
  "[\\uFE0F\\p{EMod}\\u{E0020}-\\u{E007F}]*" +
  "(?:\\u200D\\p{Extended_Pictographic}[\\uFE0F\\p{EMod}]*)*)";
const FEW = new RegExp(`^\\s*${ONE}(?:\\s*${ONE}){0,2}\\s*$`, "u");
const LONGEST = 120; // three families with all their tones are shorter

/** Whether a text is one to three emoji and nothing else. */
export function emojiOnly(text: string): boolean {
  return text.length <= LONGEST && FEW.test(text);
}
