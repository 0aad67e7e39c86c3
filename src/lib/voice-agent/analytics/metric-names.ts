/**
 * Names, units and descriptions of the OpenTelemetry metrics, in one file because dashboards depend on them. Durations are in seconds, as
 * OpenTelemetry recommends.
 */
export const metricNames = {
  heardLatency: [
    'voice_agent.turn.heard_latency',
    's',
    "From the user's last voiced frame to the agent's first audible frame",
  ],
  firstSound: [
    'voice_agent.turn.first_sound',
    's',
    "From the end of the user's turn to the agent's first sound, by the server's reports",
  ],
  silence: ['voice_agent.turn.silence', 's', 'From an interruption to the silence of the agent'],
  turns: ['voice_agent.turns', '{turn}', 'Turns by input and outcome'],
  tools: ['voice_agent.tool.calls', '{call}', 'Tool calls by success'],
  toolTime: ['voice_agent.turn.tool_time', 's', 'Time of the tool calls of a turn'],
  connections: ['voice_agent.connections', '{connection}', 'Connections by cause, end and error'],
  established: [
    'voice_agent.connection.established',
    's',
    'From the request to an agent that is ready to talk',
  ],
  mos: ['voice_agent.connection.mos', '1', "Estimated mean opinion score, by ITU-T's E-model"],
  loss: ['voice_agent.connection.loss', '1', 'Share of lost packets by direction'],
  roundTrip: ['voice_agent.connection.round_trip', 's', 'Mean round trip of a connection'],
  restores: ['voice_agent.restores', '{restore}', 'Restores by outcome'],
  restoreTime: ['voice_agent.restore.duration', 's', 'From the request of a restore to its outcome'],
  sessions: ['voice_agent.sessions', '{visit}', 'Visits of sessions by start and end'],
  dropped: ['voice_agent.reports.dropped', '{report}', 'Reports that were not delivered'],
} as const satisfies Record<string, readonly [name: string, unit: string, description: string]>
