const DEVICE_ID = /^[A-Za-z0-9._~:-]{1,128}$/

/** A device id has 1 to 128 characters of `A-Z a-z 0-9 . _ ~ : -`. */
export function isDeviceId (text: string): boolean {
  return DEVICE_ID.test(text)
}
