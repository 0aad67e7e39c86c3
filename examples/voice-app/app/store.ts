import { configureStore } from '@reduxjs/toolkit'
import { devToolsOptions } from 'redux-voice-agent/devtools'
import { createSaveShopMiddleware } from './listeners/save-shop.js'
import { createSendCartMiddleware } from './listeners/send-cart.js'
import { reducer } from './reducer.js'
import { storedShopChanged } from './slices/stored-shop.js'
import { loadShop, parseShop, storageKey } from './storage.js'
import { voiceAgent } from './voice-agent.js'

const storedShop = loadShop()

export const store = configureStore({
  reducer,
  ...(storedShop ? { preloadedState: storedShop } : {}),
  middleware: (getDefaultMiddleware) =>
    getDefaultMiddleware()
      .prepend(createSaveShopMiddleware(), createSendCartMiddleware())
      .concat(voiceAgent.middleware),
  devTools: devToolsOptions,
})

export type AppDispatch = typeof store.dispatch

window.addEventListener('storage', ({ key, newValue }) => {
  const changed = key === storageKey ? parseShop(newValue) : undefined
  if (changed) store.dispatch(storedShopChanged(changed))
})
