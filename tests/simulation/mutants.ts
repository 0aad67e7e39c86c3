import type { SourcePatch } from './bundle.js'

/** A fault that the simulation should find: a change to one source file, made while it is bundled. */
export interface Mutant extends SourcePatch {
  name: string
  /** Further changes that it needs to be a fault, because the code checks twice. */
  and?: readonly SourcePatch[]
}

const storage = (file: string) => `src/lib/voice-agent/storage/${file}.ts`
const records = storage('sessions/session-records')
const readings = storage('sessions/session-readings')
const log = storage('sessions/session-log')
const losses = storage('sessions/lost-connections')
const image = storage('sessions/disk-image')
const cleanup = storage('sessions/session-cleanup')
const proof = storage('sessions/expiry-proof')
const recovery = storage('sessions/journal-recovery')
const batch = storage('sessions/encrypted-batch')
const fences = storage('sessions/fences')
const ownership = storage('tabs/ownership')
const contest = storage('tabs/contest')
const identity = storage('tabs/tab-identity')
const pageStorage = storage('tabs/session-storage')
const tokens = storage('tabs/token-vault')
const keys = storage('keys/key-vault')
const rename = 'middleware/drivers/storage/stored-session.ts'

export const storageMutants: Mutant[] = [
  {
    name: 'a session that was deleted while its plain key was to be replaced counts as locked',
    file: readings,
    find: "await keys.protect(sessionOwner(sessionId))\n      return 'changed'",
    replace:
      "if (await keys.protect(sessionOwner(sessionId))) return 'changed'\n      return new VoiceAgentError('key-unavailable')",
    and: [
      {
        file: readings,
        find: '|| ports.deletions(sessionId) !== deleted) {',
        replace: ') {',
      },
    ],
  },
  {
    name: 'the next head descends from words that this page encrypted before it read the session of another',
    file: image,
    find: 'this.#encrypted = null\n    this.#known',
    replace: 'this.#known',
  },
  {
    name: 'the last words of a session that ends on a full disk are dropped',
    file: records,
    find: 'log.journalUnsaved()\n        logs.delete',
    replace: 'logs.delete',
  },
  {
    name: 'a token is encrypted with a planted key',
    file: storage('engine'),
    find: "(use === 'decrypt' || keys.isWritable(held))",
    replace: 'true',
    and: [{ file: keys, find: "|| (known && 'key' in record)", replace: '' }],
  },
  {
    name: 'records stay under the old key when it is replaced',
    file: keys,
    find: 'for (const [key, record] of records) await add(key, record)',
    replace: "for (const [key, record] of records) if (record.kind !== 'versions') await add(key, record)",
  },
  {
    name: 'an owner that answers is robbed all the same',
    file: contest,
    find: 'if (confirmed) return outcomeOf(confirmed, mark !== null)',
    replace: "if (confirmed) return 'gone'",
  },
  {
    name: 'an owner that answers late is robbed',
    file: contest,
    find: 'const QUESTIONS = 3',
    replace: 'const QUESTIONS = 1',
  },
  {
    name: 'two pages judge one owner at the same time',
    file: contest,
    find: 'if (unanswered === 1 && !(await judges.waitFor(id, limited(signal, JUDGE_WAIT_MS)))) return',
    replace: "if (owner === '') return",
  },
  {
    name: 'a page that returns does not ask for its ids',
    file: ownership,
    find: "void acquisition.outcome.then(\n        (outcome) => outcome === 'owned' || acquisition.isReleased || isClosed || onLost(id),\n      )",
    replace: 'own(id)',
  },
  {
    name: 'an id that is released while it is being acquired is kept',
    file: ownership,
    find: 'if (pending) pending.isReleased = true',
    replace: 'void pending',
  },
  {
    name: 'an owner does not answer',
    file: ownership,
    find: 'if (!isClosed) presence.answerFor(id)\n',
    replace: '',
  },
  {
    name: 'a page that a dialog has blocked writes over what another page has saved',
    file: fences,
    find: '{ ...options, absent }',
    replace: 'options',
  },
  {
    name: 'a page that a dialog has blocked trusts what it has heard before',
    file: fences,
    find: 'if (now - seenAt > LONGEST_GAP_MS) {',
    replace: 'if (seenAt < 0) {',
  },
  {
    name: 'a page takes a session from a silent one without a fence',
    file: contest,
    find: 'await ports.onTaken()\n',
    replace: '',
  },
  {
    name: 'a fence of any page may be passed',
    file: fences,
    find: "if (!ownership.isOwned(sessionId)) throw new VoiceAgentError('session-open-elsewhere')",
    replace: '',
  },
  {
    name: 'a jump of the clock that a page noticed counts as elapsed time',
    file: proof,
    find: 'Math.min(before.sinceJump, after.sinceJump)',
    replace: 'after.sinceJump',
  },
  {
    name: 'a page from the back/forward cache trusts what it has read before',
    file: readings,
    find: '|| ownership.absences() !== absences',
    replace: '|| ownership.absences() < absences',
  },
  {
    name: 'a page from the back/forward cache writes a journal over what another page has saved',
    file: recovery,
    find: '[headKey(sessionId), stored],\n',
    replace: '',
  },
  {
    name: 'a write that waited while its page was in the back/forward cache is issued afterwards',
    file: log,
    find: "if (wasAway()) throw new VoiceAgentError('superseded')",
    replace: 'wasAway()',
  },
  {
    name: 'a page from the back/forward cache deletes old sessions that others have used meanwhile',
    file: cleanup,
    find: 'if (ownership.absences() !== absences)',
    replace: 'if (ownership.absences() < absences)',
  },
  {
    name: 'a revision is journalled again, although the next page may have stored it',
    file: storage('sessions/journal'),
    find: 'if (batch.revision <= this.#image.journalledRevision) return',
    replace: '',
    and: [
      {
        file: storage('sessions/journal'),
        find: 'Math.max(image.issuedRevision, image.journalledRevision)',
        replace: 'image.issuedRevision',
      },
    ],
  },
  {
    name: 'a write overtakes an earlier one that found a fence',
    file: fences,
    find: 'if (isCertain && checking === 0)',
    replace: 'if (isCertain && checking >= 0)',
  },
  {
    name: 'an owner never passes the fence of one before',
    file: fences,
    find: 'const passed = tail.then(() => pass(sessionId, absent, changes, options))',
    replace:
      "const passed = Promise.reject(new VoiceAgentError('session-open-elsewhere'))\n        void pass",
  },
  {
    name: 'a session that is left stays claimed',
    file: records,
    find: 'released.set(sessionId, log.keyTime)\n      }\n      await ownership.release(sessionId)',
    replace: 'released.set(sessionId, log.keyTime)\n      }',
  },
  {
    name: 'a page that returns continues to save a session that it has left',
    file: records,
    find: 'if (!persisted) return\n    for (const sessionId of releasing)',
    replace: 'if (persisted) return\n    for (const sessionId of releasing)',
  },
  {
    name: 'a page that returns drops what was said since, because the next page has written its journal',
    file: log,
    find: '|| this.#image.isReplayed(version)',
    replace: '',
  },
  {
    name: 'a session is released while it is being written',
    file: records,
    find: 'await log?.flush()\n      releasing',
    replace: 'releasing',
  },
  {
    name: 'a session is released before a save is tried again after a lost connection',
    file: log,
    find: 'staged > this.#image.revision) {\n      this.#request(staged)\n      const',
    replace: 'staged > this.#image.issuedRevision) {\n      this.#request(staged)\n      const',
  },
  {
    name: 'what was read before the claim is not read again',
    file: readings,
    find: 'if (!isSameHead(before, after)) started',
    replace: 'if (before === undefined) started',
  },
  {
    name: 'a session is taken up although its owner changed while it was read',
    file: readings,
    find: 'if (!ownership.isOwned(sessionId) ||',
    replace: 'if (!sessionId ||',
  },
  {
    name: 'a page that returns while it reads a session takes it for that of another',
    file: readings,
    find: 'if (await ownership.acquire(sessionId)) return again()',
    replace: '',
  },
  {
    name: 'a session is taken up although it was deleted while it was read',
    file: readings,
    find: 'if (!opened || ports.deletions(sessionId) !== deleted) {',
    replace: 'if (!opened) {',
  },
  {
    name: 'other pages hear nothing of a deletion',
    file: records,
    find: 'for (const sessionId of sessionIds) ports.deletions.announce(sessionId)',
    replace: '',
  },
  {
    name: 'a page continues to write a session that another tab has deleted',
    file: records,
    find: 'onOwnershipLost(sessionId, error, (log) => log.close(error))',
    replace: '',
  },
  {
    name: 'a write that passed a deletion is not taken back',
    file: records,
    find: 'if (keyTime !== undefined) removing',
    replace: 'if (keyTime === undefined) removing',
  },
  {
    name: 'a write that passed a deletion is taken back only while its session is open',
    file: records,
    find: 'log ? log.keyTime : released.get(sessionId)',
    replace: 'log?.keyTime',
  },
  {
    name: 'the key that a write after a lost connection brought back stays after the deletion of its released session',
    file: records,
    find: 'log ? log.keyTime : released.get(sessionId)',
    replace: 'log ? log.keyTime : released.has(sessionId) ? null : undefined',
  },
  {
    name: 'the key of a deleted session comes back after a lost connection',
    file: keys,
    find: 'await this.#remove([owner], new Map([[place, stored]]))',
    replace: "await this.#store.write(new Map(), { removePrefixes: [owner + '/'] })",
  },
  {
    name: 'a session that was deleted while the connection was lost comes back with its key',
    file: losses,
    find: "if (!stored && this.#store.database() === this.#database) throw new VoiceAgentError('session-missing')",
    replace: '',
  },
  {
    name: 'a session whose deletion failed is never given up again',
    file: log,
    find: 'this.#isDeleted = false\n    this.#enter',
    replace: 'this.#enter',
  },
  {
    name: 'a save that is refused is not answered',
    file: log,
    find: "this.#waiters.rejectUpTo(Number.POSITIVE_INFINITY, error)\n    this.#enter('close')",
    replace: "this.#enter('close')",
  },
  {
    name: 'a page writes after a lost connection, although another page has taken its session meanwhile',
    file: log,
    find: 'if (this.#reason) throw this.#reason\n    const changes',
    replace: 'const changes',
  },
  {
    name: 'a save is reported once it is sent',
    file: log,
    find: 'this.#noticeLoss()\n    for (let step',
    replace:
      'this.#noticeLoss()\n    this.#waiters.resolveUpTo(this.#image.issuedRevision)\n    for (let step',
  },
  {
    name: 'a save that found no room is not answered',
    file: log,
    find: 'if (!isWorthRetrying) {\n      this.#waiters.rejectUpTo(write.batch.revision, error)',
    replace: 'if (!isWorthRetrying) {',
  },
  {
    name: 'nothing is journalled as the page goes',
    file: log,
    find: 'if (this.#isLeaving) this.#journal.write(write)',
    replace: '',
  },
  {
    name: 'a write under way is not journalled as the page goes',
    file: log,
    find: 'if (this.#image.write === write && write) this.#journal.write(write)',
    replace: '',
  },
  {
    name: 'what was stored counts as stored after the database was lost',
    file: log,
    find: 'if (this.#losses.notice()) this.#image.invalidate()',
    replace: 'this.#losses.notice()',
  },
  {
    name: 'the key is not stored again after the database was emptied',
    file: losses,
    find: 'new Map(stored || !held ?',
    replace: 'new Map(stored !== undefined ?',
  },
  {
    name: 'a status stays degraded after a save that succeeded',
    file: log,
    find: 'if (!this.isClosed) this.#ports.onWrite(null)',
    replace: '',
  },
  {
    name: 'the words of a page whose session was taken are dropped',
    file: storage('sessions/journal'),
    find: 'if (ready && ready.revision > issuedRevision) this.write(this.#image.writeWith(ready), undefined, true)\n    else if (write) this.write(write, undefined, true)',
    replace: '',
  },
  {
    name: 'words that are not encrypted when a session is taken are dropped',
    file: log,
    find: 'this.#journal.writeUnsaved(this.#staged.ready, this.#staged.latest)',
    replace: 'this.#journal.writeUnsaved(this.#staged.ready, null)',
  },
  {
    name: 'an entry that was replaced while it was being replayed is removed',
    file: storage('sessions/journal'),
    find: 'if (!isStored(entry)) return\n',
    replace: '',
  },
  {
    // Keeps the call in the session reader, because a returning page learns of the loss before its read fails.
    name: 'the words of a page that returns and finds its session taken are dropped',
    file: records,
    find: 'stop = (log: SessionLog) => log.giveUp(error)',
    replace: 'stop = (log: SessionLog) => log.close(error)',
  },
  {
    name: 'the words of a page that returns and finds its session continued are dropped',
    file: readings,
    find: 'isOwn ? -1 : log.journalUnsaved()',
    replace: '-1 as number',
  },
  {
    name: "an entry beside another page's is not replayed",
    file: storage('sessions/journal'),
    find: 'if (name !== sessionId && ',
    replace: 'if (name !== sessionId || ',
  },
  {
    name: 'a session that is stored is begun over',
    file: log,
    find: "if (await findHead(store, this.#id)) throw new VoiceAgentError('session-exists')",
    replace: 'await findHead(store, this.#id)',
  },
  {
    name: 'a failed write counts as stored',
    file: image,
    find: 'for (const { seq } of batch.segments) this.segments.delete(seq)',
    replace: '',
  },
  {
    name: 'a block that failed to be written counts as stored',
    file: image,
    find: 'for (const block of batch.blocks.keys()) this.blocks.delete(block)',
    replace: '',
  },
  {
    name: 'a batch that was encrypted against an older state is written',
    file: image,
    find: "record?.kind === 'mark' || batch.changes.has(key)",
    replace: "record?.kind === 'mark' || record?.kind === 'messages' || batch.changes.has(key)",
  },
  {
    name: 'a journal builds only on what its page has saved, not on its journal that the next page has stored',
    file: image,
    find: '(older) => older.revision <= merged.revision && rewrites(merged, older)',
    replace: '(older) => older.revision < 0 && rewrites(merged, older)',
  },
  {
    name: 'a journalled write that was merged with one that is stored now has to be written again as a whole',
    file: image,
    find: '.map((newer) => without(newer, batch))',
    replace: '',
  },
  {
    name: 'a batch that was encrypted before records were deleted is written, although it needs one of them',
    file: image,
    find: "record?.kind === 'mark' || batch.changes.has(key)",
    replace: "record === null || record.kind === 'mark' || batch.changes.has(key)",
  },
  {
    name: 'a batch counts as encrypted against the state stored by then',
    file: storage('sessions/staged-snapshot'),
    find: 'this.#encrypted = this.#latest ? { batch, generation } : null',
    replace:
      'this.#encrypted = this.#latest ? { batch, generation: generation * 0 + this.#image.generation } : null',
  },
  {
    name: 'an older snapshot goes over a newer one',
    file: log,
    find: 'if (this.isClosed || snapshot.revision <= this.#staged.revision) return',
    replace: 'if (this.isClosed) return',
  },
  {
    name: 'messages that were taken back stay on disk',
    file: batch,
    find: 'for (let seq = segmentCount; seq < base.segmentCount; seq++) removed.push(segmentKey(head.id, seq))',
    replace: '',
  },
  {
    name: 'a changed message is taken for the same',
    file: storage('sessions/segments'),
    find: 'messages.every((message, index) => message === stored[index])',
    replace: 'messages.length > 0',
  },
  {
    name: 'a journal goes over a session that was continued',
    file: recovery,
    find: "return renamedFrom.some((base) => bases.includes(base)) ? 'renamed' : 'diverged'",
    replace: "return 'next'",
  },
  {
    name: 'a journal that lacks the name of another tab becomes a copy',
    file: recovery,
    find: "return renamedFrom.some((base) => bases.includes(base)) ? 'renamed' : 'diverged'",
    replace: "return 'diverged'",
  },
  {
    name: 'a journal takes back the name of another tab',
    file: recovery,
    find: "relation === 'renamed' && stored && entry ? await withName(entry, stored, held) : entry",
    replace: 'entry',
  },
  {
    name: 'a head does not say that it is but renamed',
    file: batch,
    find: '...(isRename && changed.length === 0 ? { renamedFrom: base.renamable } : {}),',
    replace: '',
  },
  {
    name: 'a journal is dropped if its session was continued',
    file: recovery,
    find: 'isRecovered = await recoverCopy({ entry, stored, held, store, keys })',
    replace: 'void recoverCopy',
  },
  {
    name: 'a journal goes over a session that is open elsewhere',
    file: recovery,
    find: 'if (!(await ownership.acquire(sessionId))) continue',
    replace: 'await ownership.acquire(sessionId)',
    // No fault on its own, because the page checks again before it writes.
    and: [{ file: recovery, find: 'if (!ownership.isOwned(sessionId)) return false', replace: '' }],
  },
  {
    name: 'a recovered session stays claimed',
    file: recovery,
    find: 'await ownership.release(sessionId)',
    replace: 'void 0',
  },
  {
    name: 'a journal that could not be written is dropped',
    file: recovery,
    find: '    } catch {',
    replace: '    } catch {\n      journal.remove(found)',
  },
  {
    name: 'a cleanup that fails keeps what it was about to delete from other tabs',
    file: cleanup,
    find: 'if (!ports.isInUse(sessionId)) await ownership.release(sessionId)\n',
    replace: 'void sessionId\n',
  },
  {
    name: 'a cleanup takes sessions that another tab has open',
    file: cleanup,
    find: 'live.sessions?.has(sessionId) ||\n      ownership.isOwned(sessionId) ||\n      !(await ownership.acquire(sessionId))',
    replace: 'ownership.isOwned(sessionId) || live.sessions === undefined',
  },
  {
    name: 'a cleanup takes sessions of open tabs',
    file: cleanup,
    find: 'isOld && !tabs?.has(valid.tabId) ?',
    replace: 'isOld && tabs !== undefined ?',
  },
  {
    name: 'a cleanup takes a session that this page opens meanwhile',
    file: cleanup,
    find: 'if (ports.isInUse(sessionId)) return null',
    replace: '',
    // On its own, a fault only if a read fails as well, because the page checks again before it deletes.
    and: [
      {
        file: cleanup,
        find: 'for (const sessionId of acquired.keys()) if (ports.isInUse(sessionId)) acquired.delete(sessionId)',
        replace: '',
      },
    ],
  },
  {
    name: 'a cleanup takes sessions of any age',
    file: proof,
    find: 'before: Math.min(mark.before, before)',
    replace: 'before: Number.POSITIVE_INFINITY',
  },
  {
    name: 'one reading of the clock is enough to delete',
    file: proof,
    find: '|| sinceJump < now - before',
    replace: '',
  },
  {
    name: 'a clock that was set back leaves the first sighting',
    file: proof,
    find: 'const isSetBack = gap < -CORRECTION_MS',
    replace: 'const isSetBack = false',
  },
  {
    name: 'a clock that is set while a page is open goes unnoticed',
    file: proof,
    find: 'if (Math.abs(now - seen) <= CORRECTION_MS)',
    replace: 'if (Math.abs(now - seen) >= 0)',
  },
  {
    name: 'a duplicated tab keeps the token of the other',
    file: pageStorage,
    find: 'for (const name of [names.token, ...page',
    replace: 'for (const name of [...page',
  },
  {
    // A copied journal can't be written until its session is open nowhere. If the page has journalled 16 times since, the stored head no
    // longer names it, and words that the user took back reappear as a recovered conversation.
    name: 'a duplicated tab keeps the journals of the other',
    file: pageStorage,
    find: '...page.names(names.journal), ',
    replace: '',
  },
  {
    name: 'a tab stores its id before it is claimed',
    file: identity,
    find: 'await ownership.acquire(tabId)\n      if (isReleased) break\n      if (readId() === null) {\n        if (!storeId(tabId)) onNotStored()',
    replace: 'storeId(tabId)\n      await ownership.acquire(tabId)\n      if (readId()?.id === tabId) {',
  },
  {
    name: 'a token that was encrypted slowly replaces a newer one',
    file: tokens,
    find: 'if (change !== latestChange) return',
    replace: '',
  },
  {
    name: 'a token stays when its session ends',
    file: tokens,
    find: 'inMemory = null\n    page.remove(names.token)',
    replace: 'inMemory = null',
  },
  {
    name: 'a token is stored in the clear',
    file: tokens,
    find: 'JSON.stringify(encodeRecord(await encrypt(key, header, token)))',
    replace: 'JSON.stringify({ ...encodeRecord(await encrypt(key, header, token)), token })',
  },
  {
    name: 'a rename loses the last message',
    file: rename,
    find: '...stored,\n      head,',
    replace: '...stored,\n      messages: stored.messages.slice(0, -1),\n      head,',
  },
  {
    name: 'a renamed session stays claimed',
    file: rename,
    find: 'records.release(sessionId), storageUnanswered)',
    replace: 'writing, storageUnanswered)',
  },
  {
    name: 'a name that could not be written is reported as saved',
    file: rename,
    find: 'await writing\n',
    replace: '',
  },
  {
    name: 'a rename that was given up keeps its session',
    file: rename,
    find: 'if (isOver && stored) await records.release(sessionId)',
    replace: '',
  },
  {
    name: 'a rename writes the name that was there before',
    file: rename,
    find: 'withTitle(stored.head, toTitle(title))',
    replace: 'withTitle(stored.head, title === null ? null : toTitle(stored.head.title))',
  },
  {
    name: 'the deletion of a key is not flushed',
    file: keys,
    find: "{ durability: 'strict', removePrefixes, expected }",
    replace: '{ removePrefixes, expected }',
  },
  {
    name: 'a key is used twice with one IV',
    file: storage('records/cipher'),
    find: 'crypto.getRandomValues(new Uint8Array(12)).buffer',
    replace: 'new Uint8Array(12).buffer',
  },
]

const live = (file: string) => `middleware/live/${file}.ts`
const driver = (file: string) => `middleware/drivers/${file}.ts`
const call = live('call')
const callMedia = 'src/lib/voice-agent/audio/call-media.ts'
const outbox = live('outbox')
const intents = live('session-intents')
const restore = live('restore')
const calls = driver('call/driver')
const connections = driver('call/call-connections')
const tokenDriver = driver('token/driver')
const tokenSource = driver('token/token-source')
const storageDriver = driver('storage/driver')
const saving = driver('storage/saving')
const microphone = 'src/lib/voice-agent/audio/microphone.ts'

export const agentMutants: Mutant[] = [
  {
    name: 'an earlier tool call that is open is not restored',
    file: storage('sessions/session-reader'),
    find: '&& unloadedCountBefore(layout, firstSeq) > openToolIndex',
    replace: '&& openToolIndex < 0',
  },
  {
    name: 'a user who switches to typing is heard until the microphone closes',
    file: callMedia,
    find: "if (talk === 'text') return true",
    replace: '',
  },
  {
    name: 'a muted user is heard over a new microphone',
    file: microphone,
    find: 'next.enabled = !isMuted',
    replace: 'next.enabled = true',
  },
  {
    name: 'a press that is released while the call connects is not forgotten',
    file: live('transition'),
    find: 'if (call) reaction.live.call = { ...call, press: null }',
    replace: '',
  },
  {
    name: 'a press outlives a change of the talk mode',
    file: callMedia,
    find: 'isTalking = false\n    microphone.setMuted',
    replace: 'microphone.setMuted',
  },
  {
    name: 'a tool runs without approval',
    file: live('tools'),
    find: '} else if (needsApproval) {',
    replace: '} else if (needsApproval && reaction.live.call === null) {',
  },
  {
    name: 'a declined tool runs',
    file: live('tools'),
    find: '} else if (isApproved) record(reaction, tool)',
    replace: '} else if (isApproved || tool.isOwn) record(reaction, tool)',
  },
  {
    name: 'a tool that is approved twice runs twice',
    file: live('tools'),
    find: "if (tool?.step !== 'approval') {",
    replace: 'if (!tool) {',
    and: [
      { file: 'middleware/requests.ts', find: 'approveToolRequested: needsPending,', replace: '' },

      {
        file: live('tools'),
        find: "if (tool?.step !== 'recording') return\n  setTool(reaction",
        replace: 'if (!tool) return\n  setTool(reaction',
      },
    ],
  },
  {
    name: 'what the user asked for is dropped if the agent is disposed of before its code has loaded',
    file: 'middleware/runtime-loader.ts',
    find: 'if (isActive() && backlog.some(([action]) => isLasting(action)))',
    replace: 'if (isActive() && backlog.length < 0 && isLasting)',
  },
  {
    name: 'a decision about a call is forgotten with a page that has no id yet',
    file: 'middleware/call-intent.ts',
    find: ' || (isDecided && live.tab === null)',
    replace: '',
  },
  {
    name: 'a deletion ends with its agent',
    file: 'middleware/runtime.ts',
    find: 'await Promise.all([storageDriver.removed(), tasks.settled()])',
    replace: '',
  },
  {
    name: 'the End of a call is known to the next page only once it is stored',
    file: 'middleware/live/call.ts',
    find: 'noteEnd(reaction, openingId(reaction.live), true)',
    replace: '',
  },
  {
    name: 'a snapshot is taken between the events of a turn',
    file: saving,
    find: 'else buildAfterTurn()',
    replace: 'else buildSnapshot()',
  },
  {
    name: 'a page that returns shows what another page has continued meanwhile as it was before',
    file: live('transition'),
    find: "if (session) reaction.commands.push({ type: 'reloadIfNewer', sessionId: session.id })",
    replace: 'void session',
  },
  {
    name: 'a late save takes a session that was released',
    file: records,
    find: "if (isReleased(sessionId)) throw new VoiceAgentError('superseded')",
    replace: '',
  },
  {
    name: 'a call is not stopped when it is ended',
    file: call,
    find: "reaction.commands.push({ type: 'stopCall', callId: call.id })\n  removeCall(reaction, call, endedEarly())",
    replace: 'removeCall(reaction, call, endedEarly())',
  },
  {
    name: 'a session ends, and its call continues',
    file: call,
    find: 'endCall(reaction, at)\n  closeSession(reaction, at, requestIds)',
    replace: 'void endCall\n  closeSession(reaction, at, requestIds)',
  },
  {
    name: 'a reset leaves the call on',
    file: intents,
    find: 'supersede(reaction, at)\n  endCall(reaction, at)\n  const { session, earlier } = live',
    replace: 'supersede(reaction, at)\n  const { session, earlier } = live',
  },
  {
    name: 'a reset keeps the session',
    file: intents,
    find: 'live.session = null\n  live.earlier = null',
    replace: 'live.earlier = null',
  },
  {
    name: 'a reset keeps the token',
    file: intents,
    find: 'beginEpoch(reaction, { isForgotten: true })\n  const { storage, error } = live.report',
    replace: 'const { storage, error } = live.report',
  },
  {
    name: 'another tab does not hear that everything was erased',
    file: storage('storage'),
    find: 'onErased()\n    await left',
    replace: 'await left',
  },
  {
    // While everything is erased, the storage waits too.
    name: 'a session is created before the storage of its user is open',
    file: live('transition'),
    find: "if (live.storage !== 'open' || live.tasks.length > 0) return",
    replace: "if (live.storage !== 'open') return",
  },
  {
    name: 'a page saves in the database of the user before',
    file: storage('storage'),
    find: 'place = { ...place, ...to }',
    replace: 'place = { ...place, ...to, scope: place.scope }',
  },
  {
    name: 'a request to erase everything again is not answered',
    file: intents,
    find: 'requestIds: [...last.requestIds, requestId]',
    replace: 'requestIds: last.requestIds',
  },
  {
    name: 'requests for a call that is being made are not answered',
    file: outbox,
    find: 'settle(reaction, requestIds)\n}',
    replace: '}',
  },
  {
    name: 'requests of a call that ends early are not answered',
    file: call,
    find: 'removeCall(reaction, call, endedEarly())',
    replace: 'reaction.live.call = null',
  },
  {
    name: 'a text of the outbox is sent again with every connection',
    file: outbox,
    find: "reaction.live.call = { ...call, status: 'connected', requestIds: [], outbox: [] }",
    replace: "reaction.live.call = { ...call, status: 'connected', requestIds: [] }",
  },
  {
    name: 'a text is sent over a connection that was lost before its session was made',
    file: call,
    find: 'if (isOver) recordLostConnection(reaction, established)\n    else drainOutbox',
    replace: 'void recordLostConnection\n    void isOver\n    drainOutbox',
    // No fault on its own, because the text comes back.
    and: [{ file: outbox, find: 'if (call.outbox.some(isBack)) {', replace: 'if (isBack === null) {' }],
  },
  {
    name: 'a text that waits is not sent',
    file: outbox,
    find: 'if (live.call) push(reaction, live.call, { requestId, message }, true)',
    replace: 'if (requestId !== null) settle(reaction, [requestId])',
  },
  {
    name: 'the end of a call does not reach a restoration',
    file: call,
    find: 'reaction.live.job = { ...job, isCallAllowed: false, isCallDue: false, connectIds: [] }',
    replace: '',
  },
  {
    name: 'a call that was ended during a restoration comes back in another tab',
    file: 'middleware/drivers/storage/saving.ts',
    find: 'isCallEnded || ',
    replace: '',
  },
  {
    name: 'a later intent does not supersede a restoration',
    file: intents,
    find: 'reaction.live.job = null\n  if (job?.kind',
    replace: 'if (job?.kind',
  },
  {
    name: 'a superseded request is not answered',
    file: intents,
    find: "settle(reaction, job.requestIds, new VoiceAgentError('superseded'))",
    replace: '',
  },
  {
    name: 'a session that no request waits for is not released',
    file: restore,
    find: "if (stored) reaction.commands.push({ type: 'releaseSession', sessionId, requestIds: [] })",
    replace: '',
  },
  {
    name: 'a conversation with a chosen device is hidden if its call is ended while it is restored',
    file: 'store/connection.ts',
    find: 'Object.assign(state, withoutCall(state))',
    replace: 'return withoutCall(state)',
  },
  {
    name: 'a conversation is hidden because there is no token',
    file: restore,
    find: "reaction.live.job = { ...job, token: 'failed', tokenReason }",
    replace: 'failRestore(reaction, tokenReason, null)',
  },
  {
    name: 'a session that was created for a superseded request is taken up',
    file: live('create-session'),
    find: "const job = createAt(reaction, jobId, 'creating')\n  if (!job) {",
    replace: 'const job = reaction.live.job as CreateJob | null\n  if (!job) {',
  },
  {
    name: 'a call takes the token of an earlier session',
    file: tokenDriver,
    find: 'if (owner <= epoch) return\n    source.close()',
    replace: 'if (owner <= epoch) return\n    epoch = owner\n    return\n    source.close()',
  },
  {
    name: 'a forgotten token stays stored',
    file: tokenDriver,
    find: 'if (isForgotten) tokens.clear()',
    replace: '',
  },
  {
    name: 'a token is renewed without its session',
    file: tokenSource,
    find: 'const sessionId = current?.sessionId ?? unproven ?? null',
    replace: 'const sessionId = null',
  },
  {
    name: 'media outlive their call',
    file: calls,
    find: 'call.media?.end()',
    replace: '',
  },
  {
    name: 'a call that ends without a request is not released',
    file: calls,
    find: 'release(call)\n        feed',
    replace: 'feed',
  },
  {
    name: 'a call continues after it is stopped',
    file: calls,
    find: "call.abort.abort(new VoiceAgentError('not-connected', 'The call was ended.'))",
    replace: '',
  },
  {
    name: 'an ended call leaves its connection open',
    file: connections,
    find: 'events.flush()\n      connection.close()',
    replace: 'events.flush()',
  },
  {
    name: 'a microphone that comes after the end of the call stays live',
    file: microphone,
    find: 'else if (!openMicrophone) arrived.stop()',
    replace: '',
  },
  {
    name: 'another microphone does not stop the one before',
    file: microphone,
    find: 'else track.stop()\n    track = null',
    replace: 'track = null',
  },
  {
    name: 'a session that is left is not released',
    file: storageDriver,
    find: 'await records.release(sessionId)\n',
    replace: '\n',
  },
  {
    name: 'changes after a save are not saved',
    file: saving,
    find: 'if (after.session.revision !== before.session.revision) capture(after)',
    replace: 'if (after.session.revision !== before.session.revision && pending === null) capture(after)',
  },
  {
    name: 'a name that could not be saved with its open session is reported as saved',
    file: storageDriver,
    find: '() => saveErrorOf(sessionId)',
    replace: '() => null',
  },
  {
    name: 'a session that is being opened is renamed as a closed one',
    file: intents,
    find: 'const isOpening = reading.includes(sessionId)',
    replace: 'const isOpening = reading === null',
  },
  {
    name: 'a name is not stored with its session',
    file: 'store/snapshot.ts',
    find: '...(session.title === null ? {} : { title: session.title }),',
    replace: '',
  },
  {
    name: 'a new name is no change of its session',
    file: 'store/reducer.ts',
    find: 'before.session.title !== after.session.title ||',
    replace: '',
  },
  {
    name: 'what was said last is dropped if its session ends while the connection to the database is lost',
    file: storageDriver,
    find: 'await flushed\n      // Reopens',
    replace: 'await Promise.all([flushed, records.release(sessionId)])\n      // Reopens',
  },
  {
    name: 'a failed save is not tried again',
    file: saving,
    find: 'if (!unsaved.has(id)) unsaved.set(id, snapshot)',
    replace: '',
  },
  {
    name: 'a tool runs as often as it is called',
    file: live('tools'),
    find: 'if (known || earlierIds.includes(id)) {',
    replace: 'if (false) {',
  },
  {
    name: 'a text that an agent has not acknowledged is forgotten when others follow',
    file: outbox,
    find: 'sent: [...call.sent, message] }',
    replace: 'sent: [message] }',
  },
  {
    name: 'a text that was lost with its connection is not sent again',
    file: outbox,
    find: "return isAcknowledging(call) ? [{ requestId: null, message, doubt: 'sent' }] : []",
    replace: 'return []',
  },
  {
    name: 'a text that the transport still holds counts as sent',
    file: driver('call/driver'),
    find: "isHeld: sent === 'held'",
    replace: 'isHeld: false',
  },
  {
    name: 'a text that has not left the page is not sent again',
    file: outbox,
    find: 'if (undelivered?.includes(message.id)) return',
    replace: 'if (false) return',
  },
  {
    name: 'a text that the agent has received is sent again',
    file: outbox,
    find: 'isKnown && !isRecovered ? countReceived(call) : 0',
    replace: '0',
  },
  {
    name: 'a text that another agent may have received is sent again',
    file: outbox,
    find: '} else if (textId !== null && doubt && (!isKnown || index < received)) {',
    replace: '} else if (false) {',
  },
  {
    name: 'an acknowledgement is ignored',
    file: outbox,
    find: "for (const { id } of call.sent.slice(0, count)) tell(reaction, 'textSent', { id })",
    replace: '',
  },
  {
    name: 'a tool call that comes before its connection is not answered',
    file: call,
    find: 'releaseToolFacts(reaction, call, payload)',
    replace: '',
  },
  {
    name: 'an answer that was lost with its connection is not sent again',
    file: live('tool-answers'),
    find: 'if (tool.owed?.isSent) setTool(reaction, { ...tool, owed: { ...tool.owed, isSent: false } })',
    replace: '',
  },
  {
    name: 'a page forgets a call that has no session yet',
    file: 'middleware/call-intent.ts',
    find: "if (call !== null) return session === null ? 'wanted' : null",
    replace: 'if (call !== null) return null',
  },
  {
    name: 'the end of a call is forgotten with the page that restores its session',
    file: 'middleware/call-intent.ts',
    find: "return endedIds.length === 0 ? null : 'ended'",
    replace: 'return null',
  },
  {
    name: 'the End of a call whose session is not known yet is forgotten with the page',
    file: 'middleware/call-intent.ts',
    find: "return 'ended'",
    replace: 'return null',
  },
  {
    name: 'an intent to call is only kept when it changes',
    file: 'middleware/call-intent.ts',
    find: '|| isDecision(event)',
    replace: '',
  },
  {
    name: 'a restoration that looks for its session overrules a later intent',
    file: 'src/lib/voice-agent/mirror/intents.ts',
    find: 'if (leaving.has(name)) supersedeLooking()',
    replace: '',
  },
  {
    name: 'a tab follows the session that it has given away, although it restores it',
    file: 'src/lib/voice-agent/mirror/attach-mirror.ts',
    find: 'present().session.id === null && !intents.isStarting',
    replace: 'present().session.id === null',
  },
  {
    name: 'a tab that gave its session away follows it, although its user has started a call meanwhile',
    file: 'src/lib/voice-agent/mirror/intents.ts',
    find: 'if (beginning.has(name)) starting.add(requestId)\n',
    replace: '',
  },
  {
    name: 'a session that moves forgets the requests that wait for a restore',
    file: 'middleware/live/transition.ts',
    find: 'moveIfDue(reaction, supersede)',
    replace: 'moveIfDue(reaction, (each) => {\n    each.live.job = null\n  })',
  },
]

const backup = (file: string) => `src/lib/voice-agent/backup/${file}.ts`
const engine = backup('backup-engine')
const repository = backup('repository')

export const backupMutants: Mutant[] = [
  {
    name: 'a conversation that began under a deleted id is deleted with it if the sync of the deletion was interrupted',
    file: backup('session-deletion'),
    find: 'known === null || (known.removedKeyTime ?? began) !== began',
    replace: 'known === null',
  },
  {
    name: 'a conversation that began under the id of a deleted one is deleted with it',
    file: backup('session-deletion'),
    find: 'began > (deletedAt ?? began)',
    replace: 'began === deletedAt',
  },
  {
    name: 'what a device has seen of the others is forgotten',
    file: repository,
    find: 'readChains(objects, this.vault, remembered)',
    replace: 'readChains(objects, this.vault, own ? { [this.device]: own } : {})',
  },
  {
    name: 'a deletion counts only once all devices have deleted the session',
    file: backup('merge'),
    find: 'if (deletions.length > 0)',
    replace: 'if (deletions.length === entries.length)',
  },
  {
    name: 'a manifest that could not be put is not put again',
    file: repository,
    find: 'await this.#ports.objects.put(pending.name, fromText(pending.bytes))',
    replace: 'await this.#ports.objects.put(pending.name, fromText(pending.bytes)).catch(() => {})',
  },
  {
    name: 'the next page does not finish an upload',
    file: repository,
    find: 'if (pending) await this.#finish()',
    replace: 'if (pending) await this.#save({ pending: null })',
  },
  {
    name: 'a restored head reuses the IV of the head that this browser uploaded',
    file: backup('local-sessions'),
    find: '{ ...head, iv: createIv(), version: versionOf(head) }',
    replace: 'head',
  },
  {
    name: 'a restore replaces words that are not in the backup',
    file: backup('restore-session'),
    find: 'local === null || (isClean && isNext)',
    replace: 'local === null || isNext',
    and: [
      {
        file: backup('restore-session'),
        find: 'const copy = await keepReplaced(ports, id, downloaded)',
        replace: 'const copy = keepReplaced === null ? id : null',
      },
    ],
  },
  {
    name: 'a restore replaces what a page has changed during the download',
    file: backup('restore-session'),
    find: 'if ((local && versionOf(local)) !== replaced) throw new ChangedError()',
    replace: '',
  },
  {
    name: 'the version of another device is not copied',
    file: backup('restore-session'),
    find: 'for (const version of inPlace ? others : missing)',
    replace: 'for (const version of others)',
  },
  {
    name: 'a session that a page has open is deleted',
    file: backup('local-sessions'),
    find: 'if (!(await ownership.acquire(sessionId))) return null',
    replace: 'await ownership.acquire(sessionId)',
  },
  {
    name: 'two devices create a backup at the same time',
    file: engine,
    find: 'await assertFree(vault)\n',
    replace: '',
  },
  {
    name: 'each secret of a new backup is stored on its own',
    file: engine,
    find: 'await addWraps(objects, vault, raw, secrets, iterations)',
    replace: 'for (const secret of secrets) await addWraps(objects, vault, raw, [secret], iterations)',
  },
  {
    name: 'a vault that no device uses is opened',
    file: backup('vault'),
    find: 'return inUse.length > 0 ? inUse : names.sort()',
    replace: 'return names',
  },
  {
    name: 'the store can read a manifest',
    file: backup('manifest'),
    find: "kind: 'manifest',\n    vault: vault.id,",
    replace: "kind: 'manifest',\n    ...{ body: JSON.stringify(body) },\n    vault: vault.id,",
  },
  {
    name: 'two operations of a profile run at the same time',
    file: backup('open-backup'),
    find: 'return locks.request(name, task) as never',
    replace: 'return task()',
  },
  {
    name: 'a session is uploaded only once',
    file: engine,
    find: 'if (known && known.image.head === versionOf(header) && !known.isDue) return',
    replace: 'if (known && !known.isDue) return',
  },
]
