import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { presignedStore, type SignRequest } from 'redux-voice-agent/backup'
import { expect, it } from 'vitest'

const root = resolve(import.meta.dirname, '../../..')

function storeThatAnswers(...answers: Response[]) {
  return storeSignedAs('https://store.test/signed', ...answers)
}

function storeSignedAs(url: string, ...answers: Response[]) {
  const signed: SignRequest[] = []
  const requests: { url: string; init: RequestInit }[] = []
  const store = presignedStore({
    async sign(request) {
      signed.push(request)
      return url
    },
    fetch: async (input, init = {}) => {
      requests.push({ url: String(input), init })
      return answers.shift() ?? new Response(null, { status: 500 })
    },
  })
  return { store, signed, requests }
}

const page = (keys: readonly string[], next?: string) =>
  new Response(
    `<?xml version="1.0"?><ListBucketResult><Name>bucket</Name><Prefix>u/key/</Prefix>${keys
      .map((key) => `<Contents><Key>u/${key}</Key></Contents>`)
      .join('')}<IsTruncated>${next !== undefined}</IsTruncated>${
      next === undefined ? '' : `<NextContinuationToken>${next}</NextContinuationToken>`
    }</ListBucketResult>`,
  )

it('sends no cookies and no referrer with a signed URL', async () => {
  const { store, requests } = storeThatAnswers(new Response(null))
  await store.put('object/a', Uint8Array.of(1))
  expect(requests[0]?.init).toMatchObject({
    method: 'PUT',
    credentials: 'omit',
    cache: 'no-store',
    referrerPolicy: 'no-referrer',
  })
})

it("lists all pages, without the user's folder prefix", async () => {
  const { store, signed } = storeThatAnswers(page(['key/a', 'key/b'], 'more&amp;more'), page(['key/c']))
  expect(await store.list('key/')).toEqual(['key/a', 'key/b', 'key/c'])
  expect(signed).toEqual([
    { method: 'LIST', name: 'key/' },
    { method: 'LIST', name: 'key/', cursor: 'more&more' },
  ])
})

it('distinguishes a missing object from a failure', async () => {
  const { store } = storeThatAnswers(
    new Response(null, { status: 404 }),
    new Response(null, { status: 503 }),
    new Response(null, { status: 404 }),
    new Response(null, { status: 404 }),
    new Response(null, { status: 404 }),
  )
  expect(await store.get('object/a')).toBeNull()
  await expect(store.get('object/a')).rejects.toThrow('The object store answered 503 to GET.')
  await store.delete('object/a')
  // A missing bucket.
  await expect(store.put('object/a', Uint8Array.of(1))).rejects.toThrow('404')
  await expect(store.list('object/')).rejects.toThrow('404')
})

it('rejects a response that does not list the prefix, or has no end', async () => {
  const html = storeThatAnswers(new Response('<html>Sign in</html>'))
  await expect(html.store.list('key/')).rejects.toThrow('something else than a list')
  const other = storeThatAnswers(page(['key/a']))
  await expect(other.store.list('object/')).rejects.toThrow('something else than a list')
  const endless = storeThatAnswers(page(['key/a'], 'x'), page(['key/b'], 'x'))
  await expect(endless.store.list('key/')).rejects.toThrow('twice')
})

it.each(['<!doctype html>\n<title>Sign in</title>', '{"error":"unauthorized"}', '', 'signed', 'data:,x'])(
  'sends nothing if the signer answers with something else than a URL: %j',
  async (answer) => {
    const { store, requests } = storeSignedAs(answer, new Response('A page.'))
    const error: unknown = await store.put('object/a', Uint8Array.of(1)).catch((thrown: unknown) => thrown)
    expect(error).toEqual(
      new Error('sign() must resolve with the URL of the request, from http, https or /.'),
    )
    expect(requests).toEqual([])
  },
)

it.each(['https://store.test/a?b=c', '/api/objects/a?b=c', ' https://store.test/a\n'])(
  'requests the URL %j',
  async (url) => {
    const { store, requests } = storeSignedAs(url, new Response(null))
    await store.put('object/a', Uint8Array.of(1))
    expect(requests.map((request) => request.url)).toEqual([url.trim()])
  },
)

it('is shown in the guide with the tested signer', () => {
  const guide = readFileSync(join(root, 'docs/guides/backup.md'), 'utf8')
  const signer = readFileSync(join(root, 'tests/recipes/backup-signer.ts'), 'utf8')
  expect(guide).toContain(`\`\`\`ts\n${signer}\`\`\``)
})
