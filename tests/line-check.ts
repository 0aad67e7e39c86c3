import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

/** Lines that a check permits, by file, with the reason. */
export type LineExceptions = Record<string, { line: RegExp; why: string }[]>

/**
 * Prints faulty lines, unless an exception permits them, and exceptions that no line needs. Then it ends the process, with exit code 1 if it has
 * printed anything.
 *
 * @param paths Folders and files, as git lists them.
 * @param faultIn Returns what is wrong with a line; null if nothing is.
 */
export function checkLines(
  paths: readonly string[],
  faultIn: (line: string, file: string) => string | null,
  exceptions: LineExceptions,
): never {
  const files = execFileSync('git', ['ls-files', '-co', '--exclude-standard', ...paths], { encoding: 'utf8' })
  const used = new Set<object>()
  let found = 0
  const report = (text: string) => {
    found++
    console.error(text)
  }
  for (const file of files.split('\n').filter((name) => /\.tsx?$/.test(name))) {
    for (const [index, line] of readFileSync(file, 'utf8').split('\n').entries()) {
      const fault = faultIn(line, file)
      if (fault === null) continue
      const exception = exceptions[file]?.find((entry) => entry.line.test(line))
      if (exception) used.add(exception)
      else report(`${file}:${index + 1}: ${fault}`)
    }
  }
  for (const [file, entries] of Object.entries(exceptions))
    for (const entry of entries)
      if (!used.has(entry)) report(`${file}: ${entry.line} no longer matches a line. Remove the exception.`)
  process.exit(found === 0 ? 0 : 1)
}
