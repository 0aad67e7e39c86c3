import type { Message } from 'redux-voice-agent'
import {
  createSharing,
  type NewShare,
  openShare,
  previewShare,
  ShareError,
  type ShareErrorCode,
  type ShareRole,
  type ShareServer,
  type StoredComment,
} from 'redux-voice-agent/share'

/** An in-page server of shares. Fails with `fails.code` while that is set. */
export interface ScriptedShares {
  server: ShareServer
  fails: { code: ShareErrorCode | null }
}

export function createScriptedShares(): ScriptedShares {
  const shares = new Map<string, NewShare>()
  const comments = new Map<string, StoredComment[]>()
  const fails: ScriptedShares['fails'] = { code: null }
  const find = (id: string) => {
    const share = shares.get(id)
    if (fails.code) throw new ShareError(fails.code)
    if (!share) throw new ShareError('share-missing')
    return share
  }
  return {
    fails,
    server: {
      async put(id, share) {
        shares.set(id, share)
      },
      get: async (id) => find(id),
      async revoke(id) {
        shares.delete(id)
      },
      async addComment(id, _secret, comment) {
        find(id)
        comments.set(id, [...(comments.get(id) ?? []), comment])
      },
      async listComments(id, from) {
        find(id)
        return (comments.get(id) ?? []).slice(from)
      },
    },
  }
}

export const viewerUrl = 'https://shop.example/shared'

/** Shares messages, with comments given as text and author. */
export async function shareScripted(
  messages: readonly Message[],
  {
    role = 'view',
    title,
    comments = [],
  }: { role?: ShareRole; title?: string; comments?: [text: string, author?: string][] } = {},
): Promise<ScriptedShares & { link: string }> {
  const scripted = createScriptedShares()
  const { server } = scripted
  const preview = previewShare({ messages, includeTools: true, ...(title ? { title } : {}) })
  const { link } = await createSharing({ server, viewerUrl }).share(preview, { role })
  if (comments.length > 0) {
    const share = await openShare({ link, server })
    for (const comment of comments) await share.comment(...comment)
  }
  return { ...scripted, link }
}
