/** Returns the microphone permission: `prompt` if opening it would ask the user, `unknown` if the browser can't tell. */
export async function microphonePermission(): Promise<'granted' | 'prompt' | 'denied' | 'unknown'> {
  try {
    const { state } = await navigator.permissions.query({ name: 'microphone' as PermissionName })
    return state
  } catch {
    return 'unknown'
  }
}
