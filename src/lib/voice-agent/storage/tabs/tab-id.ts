import { nanoid } from '@reduxjs/toolkit'

/** Returns a unique id that need not be secret. Avoids `randomUUID`, which insecure origins and React Native lack. */
export const newTabId = (): string => nanoid()
