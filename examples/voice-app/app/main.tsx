const element = document.getElementById('root')
if (!element) throw new Error('index.html has no #root.')

/** Only one of the pages is loaded: the page of a share has no code for calls. */
async function show(root: HTMLElement): Promise<void> {
  if (location.pathname === '/shared') {
    const { showShared } = await import('./shared-page.js')
    showShared(root)
    return
  }
  const { showShop } = await import('./shop-page.js')
  showShop(root)
}

void show(element)
