export function byId (id) {
  return document.getElementById(id)
}

/**
 * A new element. What comes from devices is hostile: it enters the page only as a text node or an attribute's value,
 * through here, and nothing on this page ever parses HTML.
 */
export function element (name, attributes = {}, ...children) {
  const made = document.createElement(name)
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value)
  made.append(...children)
  return made
}
