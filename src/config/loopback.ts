const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[?::1\]?)$/i

/** Whether a host name or address means this machine alone. */
export function isLoopback (host: string): boolean {
  return LOOPBACK.test(host)
}
