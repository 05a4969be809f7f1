import { onChange, type Watching } from '../on-change.ts'
import { readQuotas } from './quota-file.ts'
import { Quotas, type Quota } from './quotas.ts'

export interface QuotaSettings extends Quota {
  readonly file?: string
}

/** The classes of rates, as the settings and their file say; when the file is changed they are again what it says. Throws a ConfigError. */
export function createQuotas ({ file, ...standard }: QuotaSettings, watching: Watching): Quotas {
  const quotas = new Quotas(standard)
  if (file === undefined) return quotas
  let loaded = readQuotas(file)
  quotas.load(loaded)
  void onChange([file], watching, async () => {
    const read = readQuotas(file)
    if (JSON.stringify(read) === JSON.stringify(loaded)) return // what an operator has set since stays
    loaded = read
    quotas.load(read)
  })
  return quotas
}
