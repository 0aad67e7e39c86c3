/** An error response. All of them have the same format. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
  ) {
    super(message)
  }
}

/** Creates the JSON body of an error response. */
export const errorBody = (code: string, message: string) => ({ error: { code, message } })
