/** When screen readers announce the agent's finished turns: `auto` means only those that can't be heard. */
export type AnnounceTurns = 'auto' | 'always' | 'never'

/**
 * Scope of the announcements. `turns`: the agent's words, tool calls and interruptions, but not connections, devices or the restored
 * conversation. Errors and warnings are announced in any case.
 */
export type Announcements = 'all' | 'turns' | 'none'
