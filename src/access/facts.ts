/**
 * What facts about a caller may look like, whoever states them. No `*` and no braces in names: they are put into patterns.
 */
export const NAME = /^[A-Za-z0-9._~:/@+=-]{1,128}$/
export const DEVICES = /^[A-Za-z0-9._~:*-]{1,128}$/
export const EVENTS = /^[^\s{}\p{C}]{1,128}$/u
/** By which a token or a key can be revoked: printable, and no space at its ends. */
export const ID = /^(?!\s)\P{C}{1,255}(?<!\s)$/u
/** The longest list of them. */
export const MAX_ITEMS = 64
