/** The smaller entry points: texts, storage, transports, devtools, testing. */
import { configureStore } from '@reduxjs/toolkit'
import { persistReducer, type Storage } from 'redux-persist'
import { type AgentContinuation, createVoiceAgent } from 'redux-voice-agent'
import { devToolsOptions, devToolsOptionsWithoutText } from 'redux-voice-agent/devtools'
import {
  createEncryptedStorage,
  createPassphraseKeyProvider,
  type DatabaseOptions,
  type EncryptedStorageOptions,
  type KeyProvider,
  type OpenByteStore,
} from 'redux-voice-agent/storage'
import { memoryStores, opfsStore, workerStore } from 'redux-voice-agent/storage/stores'
import { memoryStorage, replay, scriptedTransport, type VoiceStorage } from 'redux-voice-agent/testing'
import { defaultTexts, type VoiceAssistantTexts } from 'redux-voice-agent/texts'
import {
  type ConnectRequest,
  openAiRealtimeTransport,
  smallWebRtcTransport,
  type TransportEvent,
  type VoiceTransport,
  type VoiceTransportFactory,
  whipTransport,
} from 'redux-voice-agent/transports'
import { elevenLabsTransport, liveKitTransport } from 'redux-voice-agent/transports/livekit'
import { expectTypeOf } from 'vitest'

// Storage for redux-persist, for any reducer.
const storage = createEncryptedStorage()
expectTypeOf(storage).toExtend<Storage>()
const cart = (state = { pieces: 0 }) => state
const persisted = persistReducer<ReturnType<typeof cart>>({ key: 'cart', storage }, cart)
expectTypeOf(persisted(undefined, { type: '' }).pieces).toEqualTypeOf<number>()
expectTypeOf(createPassphraseKeyProvider).returns.toExtend<KeyProvider>()
expectTypeOf<EncryptedStorageOptions>().toExtend<DatabaseOptions>()
// @ts-expect-error
createEncryptedStorage({ databaseName: 1 })

// Stores that replace IndexedDB.
expectTypeOf(memoryStores()).toExtend<OpenByteStore>()
expectTypeOf(opfsStore).toExtend<OpenByteStore>()
expectTypeOf(workerStore(() => new Worker('store.js'))).toExtend<OpenByteStore>()
expectTypeOf<{ store: OpenByteStore }>().toExtend<EncryptedStorageOptions>()

// All texts.
expectTypeOf(defaultTexts).toEqualTypeOf<VoiceAssistantTexts>()

// Each transport can be created without options, and fits the option.
expectTypeOf(smallWebRtcTransport()).toExtend<VoiceTransportFactory>()
expectTypeOf(openAiRealtimeTransport()).toExtend<VoiceTransportFactory>()
expectTypeOf(liveKitTransport()).toExtend<VoiceTransportFactory>()
expectTypeOf(elevenLabsTransport()).toExtend<VoiceTransportFactory>()
expectTypeOf(whipTransport).returns.toExtend<VoiceTransportFactory>()
expectTypeOf<VoiceTransport['connect']>().toEqualTypeOf<
  (request: ConnectRequest) => Promise<AgentContinuation>
>()
expectTypeOf<AgentContinuation>().toEqualTypeOf<'resumed' | 'reseeded' | 'fresh'>()
expectTypeOf<ConnectRequest['token']>().toEqualTypeOf<string>()
expectTypeOf<ConnectRequest['sessionId']>().toEqualTypeOf<string>()
expectTypeOf<ConnectRequest['signal']>().toEqualTypeOf<AbortSignal>()
expectTypeOf<ConnectRequest['context'][number]['role']>().toEqualTypeOf<
  'user' | 'assistant' | 'system' | 'tool'
>()
expectTypeOf<{ type: 'userTranscriptReceived'; text: string; final: boolean }>().toExtend<TransportEvent>()
expectTypeOf<{ type: 'userTranscriptReceived'; text: string }>().not.toExtend<TransportEvent>()

// DevTools options, to pass to configureStore, or to spread.
configureStore({ reducer: () => null, devTools: devToolsOptions })
configureStore({ reducer: () => null, devTools: { ...devToolsOptionsWithoutText, name: 'Shop' } })

const transport = scriptedTransport(async ({ resume }) => (resume ? 'resumed' : 'fresh'))
createVoiceAgent({ apiEndpoint: '/api', transport, persistence: false })
transport.emit({ type: 'assistantTurnStarted', turnId: 'a1' })
// @ts-expect-error
transport.emit({ type: 'assistantTurnStarted' })
// @ts-expect-error
scriptedTransport(() => 'new')
expectTypeOf(transport.open).toEqualTypeOf<number>()
expectTypeOf(memoryStorage()).toEqualTypeOf<VoiceStorage>()
createVoiceAgent({ apiEndpoint: '/api', persistence: { storage: memoryStorage('tab-1') } })
expectTypeOf(replay('[]').goTo).parameter(0).toEqualTypeOf<number>()
