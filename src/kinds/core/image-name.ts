/** Whether an image is pulled each time: when its tag is `latest`, said or implied; a digest pins it. */
export function pullPolicyFor(image: string): 'Always' | 'IfNotPresent' {
  const [name = '', digest] = image.split('@');
  const last = name.slice(name.lastIndexOf('/') + 1);
  const tag = last.includes(':') ? last.slice(last.indexOf(':') + 1) : '';
  const moves = tag === 'latest' || (tag === '' && digest === undefined && image !== '');
  return moves ? 'Always' : 'IfNotPresent';
}
