/** An answer other than 200, said in the one shape every error of this server has. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
  ) {
    super(message)
  }
}

/** The JSON body of an error. */
export const errorBody = (code: string, message: string) => ({ error: { code, message } })
