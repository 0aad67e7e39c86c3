/**
 * Rejects with the error of `createError` if `work` takes longer than `ms`. A later result of `work` is ignored.
 * Time in which the machine slept does not count: the timer fires before the answers that came meanwhile.
 */
export function withTimeout<T>(ms: number, work: Promise<T>, createError: () => Error): Promise<T> {
  return new Promise((resolve, reject) => {
    let timer: ReturnType<typeof setTimeout>
    function start() {
      const dueAt = Date.now() + ms
      timer = setTimeout(() => {
        const hasSlept = Date.now() - dueAt > ms
        if (hasSlept) start()
        else reject(createError())
      }, ms)
    }
    start()
    work.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}
