/** Classes of octets in HTTP/1.1 (RFC 9110, 5.6.2 and 5.5; RFC 9112, 3.2), as tables: 1 for those that belong. */

export const [HT, LF, CR, SP, COMMA, COLON, SEMICOLON] = [9, 10, 13, 32, 44, 58, 59] as const;

function table(belongs: (code: number) => boolean): Uint8Array {
  return Uint8Array.from({ length: 256 }, (_, code) => Number(belongs(code)));
}

const within = (text: string) => (code: number): boolean => /[0-9A-Za-z]/.test(String.fromCharCode(code)) || text.includes(String.fromCharCode(code));

/** Of methods and names of fields. */
export const TOKEN = table(within("!#$%&'*+-.^_`|~"));
/** Of values of fields: nothing that ends a line or a string somewhere. */
export const VALUE = table((code) => code === HT || (code >= SP && code !== 127));
/** Of what a request is for: printable ASCII. */
export const TARGET = table((code) => code > SP && code < 127);
/** Of a host with its port; what else a name may have in a URI nobody has. */
export const HOST = table(within('.-_~:[]%'));

/** What a hexadecimal digit is worth; 255 for what is none. */
export const HEX = Uint8Array.from({ length: 256 }, (_, code) => {
  const digit = '0123456789abcdef'.indexOf(String.fromCharCode(code).toLowerCase());
  return digit < 0 ? 255 : digit;
});

/** Where octets are, `to` not included. */
export interface Span {
  readonly bytes: Uint8Array;
  readonly from: number;
  readonly to: number;
}

export const octets = (text: string): Uint8Array => Uint8Array.from(text, (char) => char.charCodeAt(0));

/** Whether they spell `name`, which is in lower case and of letters, digits and dashes; the octets must be of tokens. */
export function spells(name: Uint8Array, bytes: Uint8Array, from: number): boolean {
  for (let n = 0; n < name.length; n++) if ((bytes[from + n]! | 32) !== name[n]) return false;
  return true;
}

export const textOf = ({ bytes, from, to }: Span): string => {
  let text = '';
  for (let at = from; at < to; at++) text += String.fromCharCode(bytes[at]!);
  return text;
};
