const euros = new Intl.NumberFormat('en-IE', { style: 'currency', currency: 'EUR' })

/** Cents as the shop writes them: "€24.50". */
export const price = (cents: number) => euros.format(cents / 100)

export const freeShippingFrom = 5000

/** What a parcel costs for goods of this sum, in cents. */
export const shippingFor = (subtotal: number) => (subtotal === 0 || subtotal >= freeShippingFrom ? 0 : 490)
