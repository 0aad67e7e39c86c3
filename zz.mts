import { startWebKit } from './tests/support/webkit.js'
const { session, close } = await startWebKit()
const h = await session.openTab()
await session.command('POST','/window',{handle:h})
console.log('opened')
const url=process.argv[2]!
const t=setTimeout(()=>console.log('still loading'),5000)
session.command('POST','/url',{url}).then(()=>console.log('loaded'), e=>console.log('err',e))
await new Promise(r=>setTimeout(r,12000))
console.log(await session.command('POST','/execute/sync',{script:'return location.href+" "+document.readyState+" "+document.title+" "+document.documentElement.outerHTML.slice(0,1500)',args:[]}).catch(String))
await close()
