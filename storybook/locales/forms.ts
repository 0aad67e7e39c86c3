import type { ToolCall } from 'redux-voice-agent'

type Forms = Partial<Record<Intl.LDMLPluralRule, string>> & { other: string }

/** Returns a text in a number's plural form, for each number. `#` stands for the number. */
export function plural(locale: string, forms: Forms): (count: number) => string {
  const rules = new Intl.PluralRules(locale)
  return (count) => (forms[rules.select(count)] ?? forms.other).replace('#', String(count))
}

/** Formats numbers for a language, with at most one decimal. */
export function decimal(locale: string): (value: number) => string {
  const format = new Intl.NumberFormat(locale, { maximumFractionDigits: 1, numberingSystem: 'latn' })
  return (value) => format.format(value)
}

/** The tools of the stories in a language, and the outcomes of their calls. */
export interface ToolWords {
  names: Record<string, string>
  /** Stands for a tool that is not in `names`. */
  other: string
  /** Follows the name. */
  outcomes: Record<ToolCall['status'], string>
  reloaded: string
}

export const toolTexts =
  ({ names, other, outcomes, reloaded }: ToolWords) =>
  ({ name, status, cancelledBy }: ToolCall) =>
    (names[name] ?? (name || other)) + (cancelledBy ? reloaded : outcomes[status])
