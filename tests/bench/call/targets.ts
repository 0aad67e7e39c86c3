import type { Target } from './figures.js'

/** Returns the comparisons of a run, with the goals. */
export function targetsOf(lengths: readonly number[]): Target[] {
  const shortest = Math.min(...lengths)
  const longest = Math.max(...lengths)
  const reload = (length: number) => `ours with UI: reload → connected, ${length} messages, ms`
  const shared = (what: string, wanted?: number, theirs = 'pipecat', ours = 'ours'): Target => ({
    name: ours === 'ours' ? what : `${what}, ${ours.replace('ours ', '')}`,
    ours: `${ours}: ${what}`,
    theirs: `${theirs}: ${what}`,
    ...(wanted === undefined ? {} : { wanted }),
  })
  return [
    ...['cold', 'warm'].flatMap((state) => [
      shared(`click → ready, ${state}, ms`, 0.9),
      shared(`click → ready, ${state}, ms`, undefined, 'pipecat', 'ours with UI'),
      shared(`click → audible, ${state}, ms`, 0.95),
    ]),
    ...lengths.map((length) => ({
      name: `reload → connected with ${length} messages, of their fresh call`,
      ours: reload(length),
      theirs: 'pipecat: page load → connected, ms',
      wanted: 0.85,
    })),
    {
      name: `reload → connected with ${shortest} messages, of their fresh call with a list`,
      ours: reload(shortest),
      theirs: 'pipecat with UI: page load → connected, ms',
    },
    ...(longest > shortest
      ? [
          {
            name: `reload with ${longest} messages, of one with ${shortest}`,
            ours: reload(longest),
            theirs: reload(shortest),
            wanted: 1.1,
          },
        ]
      : []),
    {
      name: 'main thread in an idle call with UI, % of a core',
      ours: 'ours with UI: main thread in an idle call, % of a core',
      wanted: 1,
    },
    shared('main thread at 50 deltas a second, % of a core', 0.75, 'pipecat with UI', 'ours with UI'),
    shared('click → ready at 150 ms round trip, ms'),
    {
      name: 'OpenAI: click → configured',
      ours: 'ours, OpenAI: click → configured, ms',
      theirs: 'agents-realtime: click → configured, ms',
      wanted: 1,
    },
    {
      name: 'restarted server listens → call is on, ms',
      ours: 'ours: restarted server listens → call is on, ms',
      wanted: 1_500,
    },
  ]
}
