/** Fields of an event, unchecked. */
export type Fields = Record<string, unknown>

export interface DoubleOptions {
  /** Sends an event to the client. */
  send(event: Fields): void
  /** Session fields that the client secret was created with. @default {} */
  session?: Fields
  /** Returns when the session expires, in seconds since the epoch. @default in 60 minutes */
  expiresAt?(): number
  /** Responds to what the user said or typed last. After a tool call, it is called again with the tool's output. */
  answer?(heard: string, session: Fields): Answer
  /** If false, the test sends the events of each response itself. @default true */
  isAnswering?: boolean
  /** Milliseconds between two words. @default 20 */
  paceMs?: number
}

export type Answer = { words: string } | { tool: string; arguments: Fields }

interface Response {
  id: string
  itemId: string
  timers: ReturnType<typeof setTimeout>[]
  isPlaying: boolean
  isGenerated: boolean
}

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Merges objects deeply, as `session.update` does. */
function merge(before: Fields, change: Fields): Fields {
  const merged: Fields = { ...before }
  for (const [name, value] of Object.entries(change)) {
    const was = merged[name]
    merged[name] = isFields(was) && isFields(value) ? merge(was, value) : value
  }
  return merged
}

/** Text of a message's content, in any form. */
function textOf(item: Fields): string {
  const content = Array.isArray(item.content) ? item.content : []
  return content.map((part: Fields) => part.text ?? part.transcript ?? '').join('')
}

/**
 * A double of OpenAI's Realtime server: the protocol of one call, over any channel. It keeps to the event order and fields of the API
 * reference, and rejects what the API rejects. Its responses are scripted.
 */
export function createRealtimeDouble({
  send: sendEvent,
  session: ofKey = {},
  expiresAt = () => Math.floor(Date.now() / 1000) + 3_600,
  answer = (heard) => ({ words: heard === '' ? 'Hello.' : `You said: ${heard}` }),
  isAnswering = true,
  paceMs = 20,
}: DoubleOptions) {
  let ids = 0
  const nextId = (prefix: string) => `${prefix}_${++ids}`
  const send = (type: string, fields: Fields = {}) =>
    sendEvent({ type, event_id: nextId('event'), ...fields })
  let session = merge(
    {
      type: 'realtime',
      object: 'realtime.session',
      id: nextId('sess'),
      model: 'gpt-realtime',
      output_modalities: ['audio'],
      instructions: '',
      tools: [],
      tool_choice: 'auto',
      expires_at: expiresAt(),
      audio: {
        input: {
          format: { type: 'audio/pcm', rate: 24_000 },
          transcription: null,
          turn_detection: { type: 'server_vad' },
        },
        output: { format: { type: 'audio/pcm', rate: 24_000 }, voice: 'marin' },
      },
    },
    ofKey,
  )
  /** Items of the conversation, in order. */
  const items: Fields[] = []
  const received: Fields[] = []
  let response: Response | null = null
  let isOver = false

  const refuse = (event: Fields, code: string, message: string) =>
    send('error', {
      error: { type: 'invalid_request_error', code, message, param: null, event_id: event.event_id ?? null },
    })

  function addItem(item: Fields) {
    const previous_item_id = items.at(-1)?.id ?? null
    items.push(item)
    send('conversation.item.added', { previous_item_id, item })
    return previous_item_id
  }

  const isTranscribing = () => {
    const { audio } = session
    const input = isFields(audio) && isFields(audio.input) ? audio.input : {}
    return isFields(input.transcription)
  }

  function done(active: Response, status: string, details: Fields | null = null) {
    if (response !== active || active.isGenerated) return
    active.isGenerated = true
    for (const timer of active.timers) clearTimeout(timer)
    const output = items.filter(({ id }) => id === active.itemId)
    send('response.done', {
      response: {
        object: 'realtime.response',
        id: active.id,
        status,
        status_details: details,
        output,
        usage: { total_tokens: 10, input_tokens: 4, output_tokens: 6 },
      },
    })
    if (!active.isPlaying) response = null
  }

  function stopPlaying(active: Response, how: 'stopped' | 'cleared') {
    if (!active.isPlaying) return
    active.isPlaying = false
    send(`output_audio_buffer.${how}`, { response_id: active.id })
    if (response === active && active.isGenerated) response = null
  }

  function cancel(reason: string) {
    const active = response
    if (!active || active.isGenerated) return
    done(active, 'cancelled', { type: 'cancelled', reason })
  }

  function callTool(active: Response, { tool, arguments: args }: { tool: string; arguments: Fields }) {
    const text = JSON.stringify(args)
    const call: Fields = {
      id: active.itemId,
      object: 'realtime.item',
      type: 'function_call',
      name: tool,
      call_id: nextId('call'),
    }
    const of = { response_id: active.id, item_id: active.itemId, output_index: 0 }
    send('response.output_item.added', { ...of, item: { ...call, status: 'in_progress', arguments: '' } })
    addItem({ ...call, status: 'in_progress', arguments: '' })
    send('response.function_call_arguments.delta', { ...of, call_id: call.call_id, delta: text })
    send('response.function_call_arguments.done', {
      ...of,
      call_id: call.call_id,
      name: tool,
      arguments: text,
    })
    const item = { ...call, status: 'completed', arguments: text }
    items[items.findIndex(({ id }) => id === active.itemId)] = item
    send('response.output_item.done', { ...of, item })
    done(active, 'completed')
  }

  /** Speaks a text word by word. Playback takes a little longer than generation. */
  function speak(active: Response, words: string) {
    const of = { response_id: active.id, item_id: active.itemId, output_index: 0, content_index: 0 }
    const message: Fields = { id: active.itemId, object: 'realtime.item', type: 'message', role: 'assistant' }
    send('response.output_item.added', { ...of, item: { ...message, status: 'in_progress', content: [] } })
    addItem({ ...message, status: 'in_progress', content: [] })
    send('response.content_part.added', { ...of, part: { type: 'audio', transcript: '' } })
    const steps: (() => void)[] =
      words.match(/\S+\s*/g)?.map((delta) => () => {
        send('response.output_audio_transcript.delta', { ...of, delta })
        if (active.isPlaying) return
        active.isPlaying = true
        send('output_audio_buffer.started', { response_id: active.id })
      }) ?? []
    steps.push(() => {
      send('response.output_audio.done', of)
      send('response.output_audio_transcript.done', { ...of, transcript: words })
      send('response.content_part.done', { ...of, part: { type: 'audio', transcript: words } })
      const item = { ...message, status: 'completed', content: [{ type: 'output_audio', transcript: words }] }
      items[items.findIndex(({ id }) => id === active.itemId)] = item
      send('response.output_item.done', { ...of, item })
      send('conversation.item.done', { previous_item_id: null, item })
      done(active, 'completed')
    })
    for (const [index, step] of steps.entries()) active.timers.push(setTimeout(step, (index + 1) * paceMs))
    const played = setTimeout(() => stopPlaying(active, 'stopped'), (steps.length + 2) * paceMs)
    endings.add(played)
  }
  const endings = new Set<ReturnType<typeof setTimeout>>()

  function respond() {
    const active: Response = {
      id: nextId('resp'),
      itemId: nextId('item'),
      timers: [],
      isPlaying: false,
      isGenerated: false,
    }
    // The previous response's audio is still in the buffer, and is played to its end.
    response = active
    send('response.created', {
      response: {
        object: 'realtime.response',
        id: active.id,
        status: 'in_progress',
        output: [],
        status_details: null,
      },
    })
    const last = items.findLast(
      ({ type, role }) => (type === 'message' && role === 'user') || type === 'function_call_output',
    )
    const heard = last?.type === 'function_call_output' ? `the answer ${last.output}` : textOf(last ?? {})
    const reply = answer(heard, session)
    if ('tool' in reply) callTool(active, reply)
    else speak(active, reply.words)
  }

  const handlers: Record<string, (event: Fields) => void> = {
    'session.update'(event) {
      const change = isFields(event.session) ? event.session : {}
      if (change.type !== 'realtime')
        return refuse(event, 'missing_required_parameter', "session.type must be 'realtime'.")
      session = merge(session, change)
      send('session.updated', { session })
    },
    'conversation.item.create'(event) {
      const given = isFields(event.item) ? event.item : {}
      if (String(given.id ?? '').length > 32)
        return refuse(event, 'string_above_max_length', 'item.id is too long.')
      if (items.some(({ id }) => id === given.id))
        return refuse(event, 'item_create_duplicate_id', 'The id is taken.')
      const isOpen = items.some(({ type, call_id }) => type === 'function_call' && call_id === given.call_id)
      if (given.type === 'function_call_output' && !isOpen)
        return refuse(event, 'invalid_tool_call_id', 'There is no such tool call.')
      const item = { object: 'realtime.item', status: 'completed', ...given, id: given.id ?? nextId('item') }
      const previous_item_id = addItem(item)
      send('conversation.item.done', { previous_item_id, item })
    },
    'conversation.item.retrieve'(event) {
      const item = items.find(({ id }) => id === event.item_id)
      if (!item) return refuse(event, 'item_retrieve_invalid_item_id', 'There is no such item.')
      send('conversation.item.retrieved', { item })
    },
    'conversation.item.delete'(event) {
      const at = items.findIndex(({ id }) => id === event.item_id)
      if (at < 0) return refuse(event, 'item_delete_invalid_item_id', 'There is no such item.')
      items.splice(at, 1)
      send('conversation.item.deleted', { item_id: event.item_id })
    },
    'conversation.item.truncate'(event) {
      const item = items.find(({ id }) => id === event.item_id)
      if (!item) return refuse(event, 'item_truncate_invalid_item_id', 'There is no such item.')
      const { item_id, content_index, audio_end_ms } = event
      send('conversation.item.truncated', { item_id, content_index, audio_end_ms })
    },
    'response.create'(event) {
      if (response && !response.isGenerated)
        return refuse(event, 'conversation_already_has_active_response', 'A response is active.')
      if (isAnswering) respond()
    },
    'response.cancel'(event) {
      if (!response || response.isGenerated)
        return refuse(event, 'response_cancel_not_active', 'No response is active.')
      cancel('client_cancelled')
    },
    'output_audio_buffer.clear'() {
      if (response) stopPlaying(response, 'cleared')
    },
    'input_audio_buffer.clear': () => send('input_audio_buffer.cleared'),
  }

  return {
    /** Events from the client. */
    received,
    items,
    /** The current session configuration. */
    get session() {
      return session
    },
    /** The channel is open. */
    open: () => send('session.created', { session }),
    receive(text: string) {
      let event: unknown
      try {
        event = JSON.parse(text)
      } catch {
        return refuse({}, 'invalid_json', 'The message is no JSON.')
      }
      if (isOver || !isFields(event)) return
      received.push(event)
      const handle = handlers[String(event.type)]
      if (handle) handle(event)
      else refuse(event, 'invalid_event', `The event ${event.type} is not known.`)
    },
    /** Sends any event. */
    send,
    /** The user starts to speak, which interrupts the response, as with `server_vad`. Returns the id of the turn. */
    beginSpeech(): string {
      const itemId = nextId('item')
      send('input_audio_buffer.speech_started', { item_id: itemId, audio_start_ms: 0 })
      cancel('turn_detected')
      if (response) stopPlaying(response, 'cleared')
      return itemId
    },
    /** Ends the turn. Its transcript may arrive after the response has started. */
    endSpeech(itemId: string, transcript: string) {
      send('input_audio_buffer.speech_stopped', { item_id: itemId, audio_end_ms: 900 })
      send('input_audio_buffer.committed', { item_id: itemId, previous_item_id: items.at(-1)?.id ?? null })
      const item: Fields = {
        ...{ id: itemId, object: 'realtime.item', type: 'message', status: 'completed', role: 'user' },
        content: [{ type: 'input_audio', transcript: null }],
      }
      const previous_item_id = addItem(item)
      send('conversation.item.done', { previous_item_id, item })
      item.content = [{ type: 'input_audio', transcript }]
      if (isAnswering) respond()
      if (!isTranscribing()) return
      const of = { item_id: itemId, content_index: 0 }
      send('conversation.item.input_audio_transcription.delta', { ...of, delta: transcript })
      const usage = { type: 'duration', seconds: 1 }
      send('conversation.item.input_audio_transcription.completed', { ...of, transcript, usage })
    },
    /** Ends the session, as after 60 minutes. */
    expire: () =>
      send('error', {
        error: { type: 'invalid_request_error', code: 'session_expired', message: 'The session is over.' },
      }),
    /** True while a response is generated or played. */
    get isAnswering() {
      return response !== null
    },
    stop() {
      isOver = true
      for (const timer of [...endings, ...(response?.timers ?? [])]) clearTimeout(timer)
      response = null
    },
  }
}

export type RealtimeDouble = ReturnType<typeof createRealtimeDouble>
