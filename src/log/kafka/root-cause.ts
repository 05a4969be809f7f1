export interface Shape { name?: string, type?: string, code?: string | number, message?: string, cause?: unknown }

/** The innermost cause, which says what happened; the outer ones say how often it was tried. */
export function rootCause (error: unknown): Shape {
  let shape = (error ?? {}) as Shape
  while (typeof shape.cause === 'object' && shape.cause !== null && shape.cause !== shape) shape = shape.cause as Shape
  return shape
}
