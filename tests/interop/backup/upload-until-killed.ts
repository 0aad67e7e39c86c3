/** Talks and syncs until it is killed. Prints each sync, so that the test can choose when to kill it. */
import { openFolderProfile } from './folder-profile.js'

const [folder = '', start = '0'] = process.argv.slice(2)
const profile = await openFolderProfile(folder)
for (let count = 0; ; count++) {
  const texts = Array.from({ length: 1 + (count % 40) }, (_, index) => `word ${start} ${count} ${index}`)
  await profile.say(`session-${count % 3}`, texts)
  process.stdout.write('saved\n')
  await profile.engine.sync()
  process.stdout.write('synced\n')
}
