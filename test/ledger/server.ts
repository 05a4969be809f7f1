/** What the server can do already. */
export const server = { resumes: false }
