import type { Event } from '../history/event.ts'
import { cursorLies } from './cursor-lies.ts'
import { doubledDown, orderDown } from './down-once.ts'
import { Ledger } from './ledger.ts'
import { lostDown } from './lost-down.ts'
import { lostUp } from './lost-up.ts'
import { misdelivered } from './misdelivered.ts'
import { orderUp } from './order-up.ts'
import { refusedButStored } from './refused-but-stored.ts'
import { falseGap, neverLive, notBack, wrongClose } from './told-wrongly.ts'
import { unanswered } from './unanswered.ts'
import { corrupted, phantom } from './values.ts'
import type { Kind, Violation } from './violation.ts'
import { wrongAck } from './wrong-ack.ts'

const checks: Record<Exclude<Kind, 'crashed'>, (ledger: Ledger) => Violation[]> = {
  'lost-up': lostUp,
  'wrong-ack': wrongAck,
  'order-up': orderUp,
  unanswered,
  'refused-but-stored': refusedButStored,
  'doubled-down': doubledDown,
  'order-down': orderDown,
  'lost-down': lostDown,
  misdelivered,
  corrupted,
  phantom,
  'cursor-lies': cursorLies,
  'false-gap': falseGap,
  'never-live': neverLive,
  'wrong-close': wrongClose,
  'not-back': notBack
}

/** Decides from what was seen alone. */
export function check (events: readonly Event[]): Violation[] {
  const ledger = new Ledger(events)
  return Object.values(checks).flatMap((one) => one(ledger))
}
