/** Permission of the microphone: `prompt` if opening it would ask the user, `unknown` in browsers that can't say. */
export async function microphonePermission(): Promise<'granted' | 'prompt' | 'denied' | 'unknown'> {
  try {
    const { state } = await navigator.permissions.query({ name: 'microphone' as PermissionName })
    return state
  } catch {
    return 'unknown'
  }
}
