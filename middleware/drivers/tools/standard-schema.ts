/** One thing that is wrong with a value. Source: Standard Schema, version 1. */
export interface SchemaIssue {
  readonly message: string
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined
}

/** What a schema says of a value: what it makes of it, or what is wrong. Source: Standard Schema, version 1. */
export type SchemaResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly SchemaIssue[] }

/**
 * What of Standard Schema version 1 is used here: Zod, Valibot, ArkType and others are such schemas as they come.
 * Source: https://standardschema.dev
 */
export interface StandardSchema<Output = unknown> {
  readonly '~standard': {
    readonly version: 1
    readonly vendor: string
    readonly validate: (value: unknown) => SchemaResult<Output> | Promise<SchemaResult<Output>>
  }
}

/** What `parameters` makes of the agent's arguments, which the tool's `run` is called with. */
export type SchemaOutput<Schema> = Schema extends StandardSchema<infer Output> ? Output : never

/** Thrown for arguments that a schema refuses. Its message names each place and what is wrong there. */
export class InvalidArgumentsError extends Error {}

const keyOf = (segment: PropertyKey | { readonly key: PropertyKey }) =>
  String(typeof segment === 'object' ? segment.key : segment)

const describeIssue = ({ message, path = [] }: SchemaIssue) =>
  path.length === 0 ? message : `${path.map(keyOf).join('.')}: ${message}`

/** @throws InvalidArgumentsError */
export async function validate<Output>(schema: StandardSchema<Output>, value: unknown): Promise<Output> {
  const result = await schema['~standard'].validate(value)
  if (!result.issues) return result.value
  throw new InvalidArgumentsError(`Invalid arguments. ${result.issues.map(describeIssue).join('; ')}`)
}

/**
 * The schema as JSON Schema, for the agent's model to read, where its library can tell it (Standard JSON Schema); else undefined.
 * Source: https://standardschema.dev/json-schema
 */
export function toJsonSchema(schema: StandardSchema): unknown {
  const { jsonSchema } = schema['~standard'] as {
    jsonSchema?: { input(options: { target: string }): unknown }
  }
  try {
    return jsonSchema?.input({ target: 'draft-2020-12' })
  } catch {
    // A schema with a part that JSON Schema has no word for.
    return undefined
  }
}
