/** One problem with a value. Source: Standard Schema, version 1. */
export interface SchemaIssue {
  readonly message: string
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined
}

/** Validation result: the parsed value, or its problems. Source: Standard Schema, version 1. */
export type SchemaResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly SchemaIssue[] }

/**
 * The part of Standard Schema version 1 that is used here. Schemas from Zod, Valibot, ArkType and others conform to it.
 * Source: https://standardschema.dev
 */
export interface StandardSchema<Output = unknown> {
  readonly '~standard': {
    readonly version: 1
    readonly vendor: string
    readonly validate: (value: unknown) => SchemaResult<Output> | Promise<SchemaResult<Output>>
  }
}

const keyOf = (segment: PropertyKey | { readonly key: PropertyKey }) =>
  String(typeof segment === 'object' ? segment.key : segment)

const describeIssue = ({ message, path = [] }: SchemaIssue) =>
  path.length === 0 ? message : `${path.map(keyOf).join('.')}: ${message}`

/** @throws Error if the schema rejects the value. The message names the location and reason of each problem. */
export async function validate<Output>(schema: StandardSchema<Output>, value: unknown): Promise<Output> {
  const result = await schema['~standard'].validate(value)
  if (!result.issues) return result.value
  throw new Error(`Invalid arguments. ${result.issues.map(describeIssue).join('; ')}`)
}
