/** Formats cents for speech: "24 euros 50", "1 euro", "80 cents". */
export function spokenPrice(cents: number): string {
  const euros = Math.floor(cents / 100)
  const rest = cents % 100
  const spokenEuros = `${euros} ${euros === 1 ? 'euro' : 'euros'}`
  if (euros === 0) return `${rest} ${rest === 1 ? 'cent' : 'cents'}`
  return rest === 0 ? spokenEuros : `${spokenEuros} ${String(rest).padStart(2, '0')}`
}

/** Formats a list for speech: "one, two and three". */
export function spokenList(items: readonly string[]): string {
  if (items.length < 2) return items[0] ?? ''
  return `${items.slice(0, -1).join(', ')} and ${items[items.length - 1]}`
}
