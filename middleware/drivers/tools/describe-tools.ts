import type { ToolDescription, VoiceTools } from './ports.js'
import type { StandardSchema } from './standard-schema.js'

/**
 * Converts the schema to JSON Schema for the agent's model if its library supports Standard JSON Schema; otherwise returns undefined.
 * Source: https://standardschema.dev/json-schema
 */
function toJsonSchema(schema: StandardSchema): unknown {
  const { jsonSchema } = schema['~standard'] as {
    jsonSchema?: { input(options: { target: string }): unknown }
  }
  try {
    return jsonSchema?.input({ target: 'draft-2020-12' })
  } catch {
    // JSON Schema can't express part of the schema.
    return undefined
  }
}

/** Describes the tools for the agent. */
export function describeTools(tools: VoiceTools): ToolDescription[] {
  return Object.entries(tools).map(([name, { description, parameters }]) => {
    const schema = toJsonSchema(parameters)
    return { name, description, ...(schema === undefined ? {} : { parameters: schema }) }
  })
}
