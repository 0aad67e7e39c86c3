/** Describes a request for error messages. Leaves out the query, and a name and password before the host: they may hold a secret. */
export const describeRequest = (method: string, url: string) =>
  `\`${method} ${url.replace(/[?#].*/s, '').replace(/\/\/[^/]*@/, '//')}\``
