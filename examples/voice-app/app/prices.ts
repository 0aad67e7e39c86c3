const euros = new Intl.NumberFormat('en-IE', { style: 'currency', currency: 'EUR' })

/** Formats cents, for example as "€24.50". */
export const price = (cents: number) => euros.format(cents / 100)

export const freeShippingFrom = 5000

/** Shipping costs in cents. */
export const shippingFor = (subtotal: number) => (subtotal === 0 || subtotal >= freeShippingFrom ? 0 : 490)
