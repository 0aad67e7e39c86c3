import { configureStore } from '@reduxjs/toolkit'
import { devToolsOptions } from 'redux-voice-agent/devtools'
import { createKeepShopMiddleware } from './listeners/keep-shop.js'
import { createTellAgentMiddleware } from './listeners/tell-agent.js'
import { reducer } from './reducer.js'
import { storedShopChanged } from './slices/stored-shop.js'
import { keptShop, readShop, storageKey } from './storage.js'
import { voiceAgent } from './voice-agent.js'

const kept = keptShop()

export const store = configureStore({
  reducer,
  ...(kept ? { preloadedState: kept } : {}),
  middleware: (getDefaultMiddleware) =>
    getDefaultMiddleware()
      .prepend(createKeepShopMiddleware(), createTellAgentMiddleware())
      .concat(voiceAgent.middleware),
  devTools: devToolsOptions,
})

export type AppDispatch = typeof store.dispatch

window.addEventListener('storage', ({ key, newValue }) => {
  const changed = key === storageKey ? readShop(newValue) : undefined
  if (changed) store.dispatch(storedShopChanged(changed))
})
