import type { ToolDescription, VoiceTools } from './ports.js'
import { toJsonSchema } from './standard-schema.js'

/** Describes the tools to an agent. */
export function describeTools(tools: VoiceTools): ToolDescription[] {
  return Object.entries(tools).map(([name, { description, parameters }]) => {
    const schema = toJsonSchema(parameters)
    return { name, description, ...(schema === undefined ? {} : { parameters: schema }) }
  })
}
