/** Finds messages that a data channel has not passed on to the network yet. */
export interface SendBuffer {
  /** Records a message that was sent. @param id Left out for a message that nothing is asked of. */
  add(text: string, id: string | undefined): void
  /** Ids of the messages whose end is still in the buffer: the other side can't have received them. */
  undelivered(): string[]
}

/** @param bufferedAmount Reads the channel's counter: bytes that are not transmitted yet (W3C WebRTC, 6.2). */
export function createSendBuffer(bufferedAmount: () => number): SendBuffer {
  const encoder = new TextEncoder()
  let sentBytes = 0
  /** Messages by the number of bytes after their end. */
  let messages: { id: string; end: number }[] = []

  function dropTransmitted() {
    const transmitted = sentBytes - bufferedAmount()
    messages = messages.filter(({ end }) => end > transmitted)
  }

  return {
    add(text, id) {
      sentBytes += encoder.encode(text).length
      dropTransmitted()
      if (id !== undefined) messages.push({ id, end: sentBytes })
    },
    undelivered() {
      dropTransmitted()
      return messages.map(({ id }) => id)
    },
  }
}
