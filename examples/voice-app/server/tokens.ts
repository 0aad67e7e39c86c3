import { randomUUID } from 'node:crypto'
import { errors, jwtVerify, SignJWT } from 'jose'
import { ApiError } from './errors.js'

export interface TokenOptions {
  /** Signs the tokens; another process with the same secret accepts them. */
  secret: Uint8Array
  /** Lifetime of a token in seconds. */
  ttlSeconds: number
  now: () => number
}

export interface IssuedToken {
  token: string
  /** Milliseconds since the epoch. */
  expiresAt: number
}

/** Issues and checks the tokens that bind a client to one session. */
export function createTokens({ secret, ttlSeconds, now }: TokenOptions) {
  const subjectOf = async (token: string, toleratedSeconds: number): Promise<string> => {
    const { payload } = await jwtVerify(token, secret, {
      algorithms: ['HS256'],
      requiredClaims: ['sub', 'exp'],
      currentDate: new Date(now()),
      clockTolerance: toleratedSeconds,
    })
    return payload.sub ?? ''
  }

  return {
    async issue(sessionId: string): Promise<IssuedToken> {
      const expires = Math.floor(now() / 1000) + ttlSeconds
      const token = await new SignJWT({ jti: randomUUID() })
        .setProtectedHeader({ alg: 'HS256' })
        .setSubject(sessionId)
        .setExpirationTime(expires)
        .sign(secret)
      return { token, expiresAt: expires * 1000 }
    },

    /** Returns the session of a request. Throws a 401 if the token is missing, expired or invalid. */
    async sessionOf(authorization: string | undefined): Promise<string> {
      const token = bearer(authorization)
      if (token === null) throw new ApiError(401, 'token_missing', 'Send a Bearer token.')
      try {
        return await subjectOf(token, 0)
      } catch (cause) {
        if (cause instanceof errors.JWTExpired) {
          throw new ApiError(401, 'token_expired', 'The token has expired: ask for a new one.')
        }
        throw new ApiError(401, 'token_invalid', 'The token is not one of this server.')
      }
    },

    /** True if the token belongs to the session and has expired at most `graceSeconds` ago. */
    async proves(
      authorization: string | undefined,
      sessionId: string,
      graceSeconds: number,
    ): Promise<boolean> {
      const token = bearer(authorization)
      if (token === null) return false
      return subjectOf(token, graceSeconds).then(
        (subject) => subject === sessionId,
        () => false,
      )
    },
  }
}

export type Tokens = ReturnType<typeof createTokens>

function bearer(authorization: string | undefined): string | null {
  return /^Bearer\s+(\S+)$/i.exec(authorization ?? '')?.[1] ?? null
}
