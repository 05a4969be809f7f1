/** Where a device may connect: one of the instances, at whose door stands a proxy. */
export interface Door { readonly instance: number, readonly port: number }
