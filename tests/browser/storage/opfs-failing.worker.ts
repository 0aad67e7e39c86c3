import { opfsStore, serveStore } from '../../../src/storage/stores.js'

/** Lets the file system refuse files, as if the browser had no resources left. */
let isFailing = false
const { getFileHandle } = FileSystemDirectoryHandle.prototype
FileSystemDirectoryHandle.prototype.getFileHandle = async function (name, options) {
  if (isFailing) throw new DOMException('The file system fails.', 'InvalidStateError')
  return getFileHandle.call(this, name, options)
}

addEventListener('message', ({ data }: MessageEvent<{ isFailing?: boolean }>) => {
  isFailing = data.isFailing ?? isFailing
})
serveStore(opfsStore)
