import { AwsClient } from 'aws4fetch'
import type { BackupSigner } from './backups.js'

export interface BucketOptions {
  /** Address of a bucket with S3's API, without a slash at the end. */
  url: string
  region: string
  accessKeyId: string
  secretAccessKey: string
  /** Folder of the user. An app would use the id of the one who is signed in. */
  folder: string
}

/** Signs requests to a bucket, each for one minute. Its CORS rules must allow the page's origin. */
export function createS3Signer({ url, folder, ...credentials }: BucketOptions): BackupSigner {
  const client = new AwsClient({ ...credentials, service: 's3' })
  return {
    async sign({ method, name, cursor }) {
      const isList = method === 'LIST'
      const target = new URL(isList ? url : `${url}/${folder}/${name}`)
      if (isList) {
        target.searchParams.set('list-type', '2')
        target.searchParams.set('prefix', `${folder}/${name}`)
        if (cursor !== undefined) target.searchParams.set('continuation-token', cursor)
      }
      target.searchParams.set('X-Amz-Expires', '60')
      const signed = await client.sign(target, {
        method: isList ? 'GET' : method,
        aws: { signQuery: true },
      })
      return signed.url
    },
  }
}
