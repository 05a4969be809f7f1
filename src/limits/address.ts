const GROUPS = 8
/** Whoever has an IPv6 address has the other 2^64 of its network too. */
const OF_NETWORK = 4

/** By what an address is counted: IPv4 by itself, IPv6 by its /64. */
export function networkOf (address: string): string {
  if (!address.includes(':')) return address
  const [head = '', tail] = (address.split('%')[0] as string).split('::')
  const first = groupsOf(head)
  const last = groupsOf(tail ?? '')
  const zeros = tail === undefined ? 0 : Math.max(0, GROUPS - first.length - last.length)
  return `${[...first, ...new Array<string>(zeros).fill('0'), ...last].slice(0, OF_NETWORK).join(':')}::/64`
}

/** Those that end in an IPv4 address have two groups there; they stand behind the network. */
function groupsOf (text: string): string[] {
  return text === '' ? [] : text.split(':').flatMap((group) => group.includes('.') ? ['0', '0'] : [parseInt(group, 16).toString(16)])
}
