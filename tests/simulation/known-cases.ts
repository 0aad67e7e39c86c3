/**
 * The shortest known case for each mutant, by mutant name. Many need an order of events that at most one schedule in ten has.
 * `npm test` runs them without the mutants, and none may fail. `npm run sim -- --mutants --collect` prints more of them.
 */
export const knownCases: Readonly<Record<string, string>> = {
  'the next head descends from words that this page encrypted before it read the session of another':
    'begin 0, navigate 0, save 0, back 0, save 0 +2, fill 1 +1',
  'a session that was deleted while its plain key was to be replaced counts as locked':
    'begin 0 #1, flush 0 #1, flush 0 #8, protect 1 #4 +c, delete 1 #2 +c',
  'the last words of a session that ends on a full disk are dropped':
    'begin 0, save 0, say 0, failWrite 0, end 0',
  'an earlier tool call that is open is not restored':
    'connect 0 #1, sendText 0 #1, approvalCall 0 #1 +1, approvalCall 0 #1 +1, connect 1 #1 +0, heard 0 #1 +0, heard 0 #1 +c, takeOver 0 #1 +1, follow 0 #1 +3, approvalCall 1 #1 +2, sendText 0 #1 +0, takeOver 0 #5 +1, approvalCall 0 #5 +0, follow 1 #5 +0, takeOver 0 #5 +1, takeOver 1 #5 +c, follow 1 #5 +c, heard 1 #5 +c, takeOver 1 #1, follow 0 #1 +3, sendText 1 #1 +1, takeOver 0 #1 +c',
  'a user who switches to typing is heard until the microphone closes':
    'connect 0, prompt 0 #1, selectMicrophone 0 #1, talkMode 0 #1 +0',
  'a muted user is heard over a new microphone': 'connect 0, mute 0 #1, selectMicrophone 0 #1',
  'a press that is released while the call connects is not forgotten':
    'talkMode 0, connect 0, press 0 +0, release 0 +0, wait 0',
  'a press outlives a change of the talk mode': 'talkMode 0, connect 0, press 0, talkMode 0 #3, talkMode 0',
  'a tool runs without approval': 'connect 0, approvalCall 0',
  'a declined tool runs': 'connect 0, approvalCall 0, decline 0',
  'a tool that is approved twice runs twice': 'connect 0, approvalCall 0, approve 0, approve 0 +0',
  'what the user asked for is dropped if the agent is disposed of before its code has loaded':
    'connect 0, sendText 0, reload 0, disconnect 0 +0, unmount 0 +0, flush 0',
  'a decision about a call is forgotten with a page that has no id yet':
    'connect 0, reload 0 +10, endSession 0 +0, unmount 0 +0, flush 0',
  'a deletion ends with its agent':
    'connect 0, sendText 0, newSession 0, deleteSession 0 #1 +0, unmount 0 +0',
  'the End of a call is known to the next page only once it is stored':
    'connect 0, sendText 0, disconnect 0, crash 0 +0',
  'a conversation that began under a deleted id is deleted with it if the sync of the deletion was interrupted':
    'create 0, say 0 #2, leave 0, sync 0, join 1, restore 1, remove 0, wait 0 #1, flaky 1 #3, sync 1, reuse 1, leave 1, online 1, sync 1',
  'a conversation that began under the id of a deleted one is deleted with it':
    'create 0, say 0 #2, leave 0, sync 0, remove 0, wait 0 #1, reuse 0, leave 0',
  'a token is encrypted with a planted key': 'protect 0, begin 0, save 0, plant 0, renew 0',
  'records stay under the old key when it is replaced':
    'begin 0, say 0 #7, say 0 #7, save 0, protect 0, restore 0',
  'a session is taken up although its owner changed while it was read':
    'begin 0, save 0, end 0, duplicate 0, hang 0, restore 0, dialog 0 +3, restore 1 +0, wait 0 #8 +0, heal 0, save 1, save 0',
  'a page that returns while it reads a session takes it for that of another':
    'begin 0, save 0, end 0, restore 0, navigate 0 +3, back 0 +0',
  'a session is taken up although it was deleted while it was read':
    'begin 0, save 0, end 0, restore 0, delete 1 +3',
  'a write that passed a deletion is not taken back': 'begin 0, save 0, delete 1, save 0 +4',
  'a write that passed a deletion is taken back only while its session is open':
    'begin 0, save 0, say 0, delete 1, end 0 +2',
  'the key that a write after a lost connection brought back stays after the deletion of its released session':
    'begin 0, save 0, delete 1, empty 0 +3, end 0 +5',
  'a session that was deleted while the connection was lost comes back with its key':
    'begin 0, save 0, lose 0, delete 1 +4, save 0 +4, crash 0 +8',
  'what was stored counts as stored after the database was lost': 'begin 0, save 0, empty 0, save 0',
  'the key is not stored again after the database was emptied': 'begin 0, save 0, empty 0, save 0',
  'the key of a deleted session comes back after a lost connection': 'begin 0, save 0, delete 1, empty 0 +3',
  'a page writes after a lost connection, although another page has taken its session meanwhile':
    'begin 0, save 0, duplicate 0 #1, lose 0 #1 +0, dialog 0 #1 +3',
  'a page that returns drops what was said since, because the next page has written its journal':
    'begin 0, save 0, say 0 #3 +0, navigate 0 +2, back 0, wait 0 +19, undo 0 #3 +5',
  'what was said last is dropped if its session ends while the connection to the database is lost':
    'connect 0 #1, sendText 0 #1, newSession 0 +5, lose 0 +c, connect 0 #2 +4',
  'a text that the transport still holds counts as sent':
    'connect 0 #1, sendText 0 #1, dropCall 0 #4 +3, disconnect 0 +0',
  'a text that another agent may have received is sent again':
    'connect 0, sendText 0, forget 0 +4, dropCall 0 #1 +0',
  'a tab that gave its session away follows it, although its user has started a call meanwhile':
    'connect 0 #2, follow 1, takeOver 1 #1, connect 0 #1 +9',
  'a journal builds only on what its page has saved, not on its journal that the next page has stored':
    'begin 0, save 0, navigate 0, back 0 +9, say 0 +c, navigate 0 +14, back 0, say 0 +2, navigate 0 +3',
  'a journalled write that was merged with one that is stored now has to be written again as a whole':
    'begin 0, flush 0, say 0 #4, say 0 #4 +c, navigate 0 #4 +0, navigate 0 #3, back 0 #2 +c, say 0 +5, navigate 0 #8 +0',
  'a jump of the clock that a page noticed counts as elapsed time':
    'begin 0, save 0, end 0, daysForward 0 #1, cleanUp 0, close 0, day 1, cleanUp 1',
  'a page from the back/forward cache trusts what it has read before':
    'begin 0 #1, close 0, restore 0 #8 +0, navigate 0 +13, restore 0 #3 +1, save 0 #1, navigate 1 +10, back 0 #2 +0',
  'a page from the back/forward cache writes a journal over what another page has saved':
    'begin 0, save 0, say 0, reload 0 +0, navigate 0 +14, save 0, back 0',
  'a write that waited while its page was in the back/forward cache is issued afterwards':
    'begin 0, lose 0 +c, lose 0, save 0 +1, lose 0 +1, navigate 0 +2, save 0, back 0',
  'a page from the back/forward cache deletes old sessions that others have used meanwhile':
    'begin 0, save 0, close 0, day 0 #2, cleanUp 0, close 0, day 0 #2, cleanUp 0, navigate 0 +14, restore 1 +0, save 1, end 1, back 0',
  'a batch that was encrypted before records were deleted is written, although it needs one of them':
    'begin 0, say 0 #8, flush 0, undo 0, say 0 +c, hide 0 +0, reload 0 +c, restore 1 +c',
  'a revision is journalled again, although the next page may have stored it':
    'begin 0, save 0, navigate 0, back 0 +9, say 0 +c, navigate 0 +14, edit 0, save 0, back 0, hide 0 +0',
  'a write overtakes an earlier one that found a fence':
    'begin 0 #1, say 0 #1, end 0 #1, restore 0 #5, restore 1 #6 +c, navigate 0 #6 +c, restore 0 #6, edit 1 #6 +3, say 1 #8 +2, hide 1 #8 +1, edit 1 +1, hide 1 +2, edit 1 +2, hide 1 +2, edit 1 +1, hide 1 +3',
  'a session whose deletion failed is never given up again':
    'begin 0, save 0, failWrite 0, delete 0, restore 0, delete 1',
  'nothing is journalled as the page goes': 'begin 0, save 0, save 0, say 0 +1, reload 0 +c',
  'the words of a page whose session was taken are dropped':
    'begin 0, save 0, duplicate 0, save 0, save 0 +3, dialog 0 +0, restore 1 +0',
  'words that are not encrypted when a session is taken are dropped':
    'begin 0, save 0, duplicate 0, save 0, save 0 +3, say 0 +c, dialog 0 +0, restore 1 +0',
  'an entry that was replaced while it was being replayed is removed':
    'begin 0, save 0, navigate 0, save 0, back 0, say 0 +3, hide 0 +0, wait 0 +19, wait 0 +19, say 0 +10, hide 0 +0',
  'a block that failed to be written counts as stored':
    'begin 0, say 0 #7, flush 0, failWrite 0, say 0, flush 0, flush 0, end 0, restore 1',
  'one reading of the clock is enough to delete':
    'begin 0, save 0, close 0, yearForward 0, cleanUp 0, close 0, day 0, cleanUp 0',
  'a journal that could not be written is dropped':
    'begin 0, save 0, save 0, say 0 +1, reload 0 +c, failWrite 0 +0, crash 0',
  'a cleanup takes sessions of open tabs':
    'begin 0, save 0, end 0, day 0 #2, cleanUp 1, close 1, day 0 #2, cleanUp 1',
  'a journal goes over a session that is open elsewhere':
    'begin 0, save 0, save 0, say 0 +1, leave 0 +c, restore 1, list 0',
  'a page that returns shows what another page has continued meanwhile as it was before':
    'connect 0, sendText 0, disconnect 0, navigate 0, renameSession 0, back 0',
  'a late save takes a session that was released':
    'connect 0, failWrite 0, hangDisk 0, endSession 0 +0, waitLong 0, heal 0',
  'a call that was ended during a restoration comes back in another tab':
    'connect 0, sendText 0, reload 0, disconnect 0 +0, close 0, restoreSession 1',
  'the end of a call does not reach a restoration': 'connect 0, sendText 0, reload 0, disconnect 0 +2',
  'a text of the outbox is sent again with every connection': 'connect 0, sendText 0 +2, dropCall 0',
  'a conversation with a chosen device is hidden if its call is ended while it is restored':
    'connect 1 #4 +5, selectMicrophone 1 #5 +1, reload 1, connect 1 #5 +c, disconnect 1 #5 +13',
  'a duplicated tab keeps the journals of the other':
    'begin 0, save 0, say 0, hide 0 +c, duplicate 0 +0, undo 0, chat 0, end 0, restore 1',
  'a head does not say that it is but renamed':
    'begin 0, save 0, save 0, say 0 +1, leave 0 +c, rename 1, list 0, restore 0',
  'a journal takes back the name of another tab':
    'begin 0, save 0, save 0, say 0 +1, leave 0 +c, rename 1, list 0, restore 0',
  'a recovered session stays claimed':
    'begin 0, save 0, save 0, say 0 +1, hide 0 +c, end 0 +0, crash 0 +0, list 0, restore 1',
  'a journal is dropped if its session was continued':
    'begin 0, save 0, save 0, say 0 +1, leave 0 +c, restore 1, save 1, end 1, list 0',
  'a failed save is not tried again': 'connect 0, sendText 0, failWrite 0, sendText 0, mute 0',
  'the words of a page that returns and finds its session taken are dropped':
    'begin 0, save 0, navigate 0, end 0, restore 1, back 0, say 0 +1, say 0 +1, say 0 +1, say 0 +1, say 0 +1',
  "an entry beside another page's is not replayed":
    'begin 0, save 0, navigate 0, save 0, say 0, restore 1 +c, back 0 +0, say 0 +0, say 0 +1',
  'the words of a page that returns and finds its session continued are dropped':
    'begin 0, save 0, navigate 0, save 0, back 0, say 0 +2',
  'a session that was created for a superseded request is taken up':
    'connect 0, sendText 0, endSession 0, createSession 0, restoreSession 0 +6',
  'a journal goes over a session that was continued':
    'begin 0, save 0, save 0, say 0 +1, leave 0 +c, restore 1, save 1, end 1, list 0',
  'a cleanup takes sessions of any age':
    'begin 0, save 0, close 0, day 0 #2, cleanUp 0, close 0, day 0 #2, begin 0, save 0, close 0, cleanUp 0',
  'a clock that was set back leaves the first sighting':
    'begin 0, save 0, close 0, day 0 #2, day 0 #2, cleanUp 0, close 0, yearBack 0, begin 0, save 0, close 0, yearForward 0, close 0, day 0, cleanUp 0',
  'a clock that is set while a page is open goes unnoticed':
    'begin 0, save 0, end 0, daysForward 0 #1, cleanUp 0, close 0, day 1, cleanUp 1',
  'a batch that was encrypted against an older state is written':
    'begin 0, save 0, say 0, undo 0, hide 0 +0, crash 0',
  'a batch counts as encrypted against the state stored by then':
    'begin 0, save 0, say 0, undo 0, hide 0 +0, crash 0',
  'a cleanup takes a session that this page opens meanwhile':
    'begin 0, save 0, close 0, day 0 #2, cleanUp 0, close 0, day 0 #2, list 0, cleanUp 0, restore 0 +5',
  'a token that was encrypted slowly replaces a newer one': 'begin 0, save 0, renew 0, end 0 +0',
  'two pages judge one owner at the same time': 'begin 0, save 0, abandon 0, restore 1, restore 2 +0',
  'an id that is released while it is being acquired is kept':
    'begin 0, save 0, end 0 +0, navigate 0 +0, back 0 +1, restore 1',
  'a cleanup that fails keeps what it was about to delete from other tabs':
    'begin 0, save 0, close 0, day 0 #2, cleanUp 0, close 0, day 0 #2, cleanUp 0, lose 0 +16, restore 1',
  'a text is sent over a connection that was lost before its session was made':
    'connect 0 #4, sendText 0 #1 +c, silence 0 #2 +2, connect 0 #5 +1, earlyToolCall 0 +5, connect 0 #4 +18',
  'a page that returns continues to save a session that it has left':
    'begin 1 #2, begin 1 #1 +4, navigate 1 +18, save 1 +18, rename 1 +17, back 1, restore 1',
  'a session is released while it is being written':
    'begin 1 #4 +c, end 1 +c, restore 0 #7, end 1 #5 +13, save 2 #5 +2, save 0 #5 +0, restore 1 #5 +2, end 0 #1 +2',
  'a rename loses the last message': 'begin 0 #7, say 0 #7, end 0 #7, rename 0 #7 +4',
  'a renamed session stays claimed': 'begin 0, save 0, end 0, rename 0, restore 1',
  'a name that could not be written is reported as saved': 'begin 0, end 0, failWrite 0, rename 0',
  'a rename that was given up keeps its session':
    'begin 0, save 0, end 0, hang 0, rename 0, heal 0, restore 1',
  'a rename writes the name that was there before': 'begin 0, save 0, end 0, rename 0, restore 1',
  'a new name is no change of its session': 'connect 0, sendText 0, renameSession 0, crash 0',
  'a name is not stored with its session': 'connect 0, renameSession 0 #1',
  'a name that could not be saved with its open session is reported as saved':
    'connect 0, sendText 0, failWrite 0, renameSession 0, crash 0 +9',
  'a session that is being opened is renamed as a closed one':
    'connect 0, sendText 0, endSession 0, restoreSession 0, renameSession 0 +3',
  'a page that returns does not ask for its ids':
    'begin 0, save 0, navigate 0, end 0, restore 1, back 0, save 1, save 0',
  'a session is released before a save is tried again after a lost connection':
    'begin 0, save 0, save 0 +c, say 1, save 0 +3, end 0 +c, restore 0 +1, lose 0 +c',
  'what was read before the claim is not read again': 'begin 0, save 0, save 0, end 0 +0, restore 1 +0',
  'an older snapshot goes over a newer one':
    'begin 0, save 0, failWrite 0, save 0, failWrite 0 +c, save 0 +0, failWrite 0, flush 0',
  'a cleanup takes sessions that another tab has open':
    'begin 0, save 0, close 0, day 0 #2, cleanUp 0, close 0, day 0 #2, restore 1, cleanUp 2',
  'a reset keeps the token': 'connect 0, sendText 0, reset 0, reload 0',
  'a session is created before the storage of its user is open':
    'connect 0, sendText 0, switchUser 0, connect 0 +0, sendText 0',
  'a tab stores its id before it is claimed': 'begin 0, duplicate 0 +0, say 0',
  'a page that a dialog has blocked writes over what another page has saved':
    'begin 0, save 0, save 0, dialog 0 +1, restore 1 +0, save 1',
  'a page takes a session from a silent one without a fence':
    'begin 0, save 0, save 0, dialog 0 +1, restore 1 +0, save 1',
  'a fence of any page may be passed': 'begin 0, save 0, save 0, dialog 0 +1, restore 1 +0, save 1',
  'an owner never passes the fence of one before':
    'begin 0, save 0, save 0, dialog 0 +1, restore 1 +0, save 1',
  'a page that a dialog has blocked trusts what it has heard before':
    'begin 0, save 0, save 0, dialog 0 +1, restore 1 +0, save 1',
  'an answer that was lost with its connection is not sent again':
    'connect 0, toolCall 0 #1, dropCall 0 #2 +3',
  'an owner that answers late is robbed': 'begin 0, save 0, busy 0 #8, restore 1 +0',
  'a save that is refused is not answered': 'begin 0, save 0, save 0, dialog 0 +1, restore 1 +0',
  'a session that no request waits for is not released':
    'connect 0, sendText 0, endSession 0, restoreSession 0, createSession 0 +3',
  'the deletion of a key is not flushed': 'begin 0, save 0, delete 0, powerLoss 0',
  'a snapshot is taken between the events of a turn':
    'connect 0 #1, sendText 0 #1, openTab 0 #1 +5, reload 0 #5 +4',
  'a journal that lacks the name of another tab becomes a copy':
    'begin 0, save 0, save 0, say 0 +1, leave 0 +c, rename 1, list 0, restore 0',
  'a restoration that looks for its session overrules a later intent':
    'connect 0, sendText 0, follow 1, endSession 0, restoreSession 0, endSession 0 +1',
  'a tab follows the session that it has given away, although it restores it':
    'connect 0, sendText 0, follow 1, refuse 1 #1, takeOver 1 #1 +2, restoreSession 0 #1 +8, sendText 1 #1',
  'a session that moves forgets the requests that wait for a restore':
    'connect 0, endSession 0, connect 0, follow 1, takeOver 1 #1, restoreSession 0 #1 +2, connect 0 +0',
  'a page forgets a call that has no session yet': 'connect 0, reload 0 +10',
  'the end of a call is forgotten with the page that restores its session':
    'connect 0, sendText 0, reload 0, disconnect 0 +8, reload 0 +0',
  'the End of a call whose session is not known yet is forgotten with the page':
    'connect 0, sendText 0, reload 0, disconnect 0 +0, unmount 0 +0, flush 0',
  'an intent to call is only kept when it changes': 'connect 0 +0, reload 0 +5, endSession 0 +0, reload 0',
  'what a device has seen of the others is forgotten':
    'create 0, say 0 #2, leave 0, sync 0, join 1, restore 1, snapshot 0, say 0, leave 0, sync 0, sync 1, attack 0 #2',
  'a deletion counts only once all devices have deleted the session':
    'create 0, say 0 #2, leave 0, sync 0, join 1, restore 1, remove 1',
  'a manifest that could not be put is not put again':
    'create 0, say 0, leave 0, flaky 0 #3, sync 0, sync 0, say 0, leave 0, sync 0',
  'the next page does not finish an upload':
    'create 0, say 0 #2, leave 0, sync 0, join 1, restore 1, say 0, leave 0, sync 0, crash 0 +38, say 0, leave 0, sync 0',
  'a restored head reuses the IV of the head that this browser uploaded':
    'create 0, say 0 #2, sync 0, join 1, sync 1 #12 +2, forget 0 #8 +1, say 1 #8 +c, create 0 #1, say 0 #1, sync 0 #1, say 0 #1 +3, say 1 #3 +5, sync 1 #3 +1, restore 1 #3 +1, sync 0 #3 +2, restore 1 #3 +3, sync 1 #7 +0',
  'a restore replaces words that are not in the backup':
    'create 0, say 0 #2, leave 0, sync 0, join 1, restore 1, say 1, leave 1, sync 1, restore 0, say 0 +3, leave 0 +5',
  'a restore replaces what a page has changed during the download':
    'create 0, say 0 #2, leave 0, sync 0, join 1, restore 1, say 0, leave 0, sync 0, restore 1, slow 1 +14, edit 1 +0, leave 1 +0, deliver 1',
  'the version of another device is not copied':
    'create 0, say 0 #2, leave 0, sync 0, join 1, restore 1, say 1, leave 1, sync 1, say 0, leave 0, restore 0, sync 0, wipe 1',
  'a session that a page has open is deleted': 'create 0, say 0, sync 0, remove 0, say 0',
  'two devices create a backup at the same time': 'create 0, create 1 +0, say 0, say 1',
  'each secret of a new backup is stored on its own': 'create 0, crash 0 +11',
  'a vault that no device uses is opened':
    'create 0, slow 0 +9, crash 0, create 1, say 1, leave 1, sync 1, deliver 0',
  'the store can read a manifest': 'create 0, say 0, leave 0, sync 0',
  'two operations of a profile run at the same time': 'create 0, say 0, leave 0, sync 0, sync 0 +1',
  'a session is uploaded only once': 'create 0, say 0, leave 0, sync 0, say 0, leave 0, sync 0',
}
