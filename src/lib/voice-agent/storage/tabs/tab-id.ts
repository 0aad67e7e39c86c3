import { nanoid } from '@reduxjs/toolkit'

/** Unlike any other tab's, and no secret. Neither insecure origins nor React Native have `randomUUID`. */
export const newTabId = (): string => nanoid()
