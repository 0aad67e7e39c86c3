/** An error response. All of them have the same format. */
export class ApiError extends Error {
  /** @param retryAfterSeconds Sent as `Retry-After`. */
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly retryAfterSeconds?: number,
  ) {
    super(message)
  }
}

/** Creates the JSON body of an error response. */
export const errorBody = (code: string, message: string) => ({ error: { code, message } })
