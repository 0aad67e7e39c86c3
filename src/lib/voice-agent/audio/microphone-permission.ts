/** Whether opening the microphone would ask somebody. Browsers that can't say are `unknown`. */
export async function microphonePermission(): Promise<'granted' | 'prompt' | 'denied' | 'unknown'> {
  try {
    const { state } = await navigator.permissions.query({ name: 'microphone' as PermissionName })
    return state
  } catch {
    return 'unknown'
  }
}
