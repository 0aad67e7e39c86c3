import { createSlice, type PayloadAction } from '@reduxjs/toolkit'
import type { Message } from 'redux-voice-agent'

/** A conversation slice as an app with its own persistence library would write it. */
export const conversation = createSlice({
  name: 'conversation',
  initialState: { messages: [] as Message[] },
  reducers: {
    messagesLoaded: (state, { payload }: PayloadAction<Message[]>) => {
      state.messages = payload
    },
    messageAdded: (state, { payload }: PayloadAction<Message>) => {
      state.messages.push(payload)
    },
  },
})

export const { messageAdded, messagesLoaded } = conversation.actions
export const reducers = { conversation: conversation.reducer }
