/** Why a refresh changes nothing; docs/protocol.md shows the same table. */
export const denials = {
  'bad-credentials': 'The token is not good; the message says why.',
  'too-soon': 'A refresh is under way, or the last one came less than a second ago.',
  unavailable: 'What decides about tokens does not answer at present; try again later.'
} as const

export type DenialCode = keyof typeof denials
