// Says how many of something there are, in the forms that a language has for that.

/** The words for each kind of number, with `{n}` where the number stands. */
export type Forms = Partial<Record<Intl.LDMLPluralRule, string>> & { other: string };

/** What puts a number into words of this language. */
export function plurals(language: string): (count: number, forms: Forms) => string {
  const rules = new Intl.PluralRules(language);
  const digits = new Intl.NumberFormat(language);
  return (count, forms) =>
    (forms[rules.select(count)] ?? forms.other).replaceAll("{n}", digits.format(count));
}
