import { hydrateRoot } from 'react-dom/client'
import { createApp } from './app.js'

hydrateRoot(document.getElementById('root') as HTMLElement, createApp().app)
