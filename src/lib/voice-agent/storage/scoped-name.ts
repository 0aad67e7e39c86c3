const encoder = new TextEncoder()

/**
 * Returns the name of one user's database. It is also part of the names of locks, channels and entries of sessionStorage.
 *
 * It contains a hash of the scope, because such names are not encrypted. The hash hides an id at a glance, but not from someone
 * who guesses it and computes the same hash.
 *
 * @param scope Any text, such as a user id; null for the database without a scope.
 */
export async function scopedName(databaseName: string, scope: string | null): Promise<string> {
  if (scope === null) return databaseName
  const digest = await crypto.subtle.digest('SHA-256', encoder.encode(JSON.stringify([databaseName, scope])))
  const hex = [...new Uint8Array(digest, 0, 16)].map((byte) => byte.toString(16).padStart(2, '0'))
  return `${databaseName}~${hex.join('')}`
}
