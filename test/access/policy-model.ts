/** What a policy means, written as plainly as it can be: every rule tried, every pattern a regular expression. */

import type { Identity } from '../../src/access/identity.ts'
import type { Rule, Verb } from '../../src/access/policy.ts'

const escaped = (text: string): string => text.replace(/[^A-Za-z0-9]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`)
const withStars = (pattern: string): string => pattern.split('*').map(escaped).join('[^]*')

export function regExpOf (pattern: string): RegExp { return new RegExp(`^${withStars(pattern)}$`) }

export function allowedByModel (rules: readonly Rule[], who: Identity, verb: Verb, resource: string): boolean {
  if (verb === 'publish' && who.events !== undefined && !who.events.some((pattern) => regExpOf(pattern).test(resource))) return false
  return rules.some((rule) => rule.verb === verb && who.roles.includes(rule.role) && matched(rule, who, resource))
}

function matched ({ resource: template }: Rule, { device, groups, watch }: Identity, resource: string): boolean {
  const isName = (name: string | undefined): name is string => name !== undefined && name.length > 0 && name.indexOf('*') === -1
  const devices = template.includes('{device}') ? [device].filter(isName) : ['']
  const someGroups = template.includes('{group}') ? groups.filter(isName) : ['']
  const patterns = template.includes('{watch}') ? watch.filter((pattern) => pattern.length > 0) : ['']
  for (const d of devices) {
    for (const g of someGroups) {
      for (const w of patterns) {
        const parts = template.split(/(\{device\}|\{group\}|\{watch\})/)
        const source = parts.map((part) => part === '{device}' ? escaped(d) : part === '{group}' ? escaped(g) : withStars(part === '{watch}' ? w : part))
        if (new RegExp(`^${source.join('')}$`).test(resource)) return true
      }
    }
  }
  return false
}
