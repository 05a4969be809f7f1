/** The values of a metric that a gateway shows, one for each of its labels' values that match. */
export async function metric (address, name, labels = '.*') {
  const text = await (await fetch(`http://${address}/metrics`)).text()
  return [...text.matchAll(new RegExp(`^${name}\\{${labels}\\} (\\d+)$`, 'mg'))].map(([, value]) => Number(value))
}
