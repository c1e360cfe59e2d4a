/** What an EncryptionConfiguration's providers seal with; the layout of what is sealed is upstream's, so that each can read the other's. */
import { joinBytes } from '../../base/join-bytes.ts';
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { xsalsa20poly1305 } from '@noble/ciphers/salsa.js';
import type { Cipher, Ciphers } from '../../apiserver/index.ts';

/** Bytes. */
const GCM_NONCE = 12;
const GCM_TAG = 16;
const BLOCK = 16;
const BOX_NONCE = 24;
const BOX_OVERHEAD = 16;

const TOO_SHORT = 'the stored data was shorter than the required size';

/** Nonce, text, tag; the context is authenticated. */
function aesGcm(key: Uint8Array): Cipher {
  const name = `aes-${key.length * 8}-gcm` as 'aes-256-gcm';
  return {
    seal(plain, context) {
      const nonce = randomBytes(GCM_NONCE);
      const cipher = createCipheriv(name, key, nonce).setAAD(context);
      const text = [cipher.update(plain), cipher.final()];
      return joinBytes([nonce, ...text, cipher.getAuthTag()]);
    },
    open(sealed, context) {
      if (sealed.length < GCM_NONCE) throw new Error(TOO_SHORT);
      if (sealed.length < GCM_NONCE + GCM_TAG) throw new Error('cipher: message authentication failed');
      const end = sealed.length - GCM_TAG;
      const decipher = createDecipheriv(name, key, sealed.subarray(0, GCM_NONCE)).setAAD(context).setAuthTag(sealed.subarray(end));
      return attempt(() => joinBytes([decipher.update(sealed.subarray(GCM_NONCE, end)), decipher.final()]), 'cipher: message authentication failed');
    },
  };
}

/** Initialization vector, text with PKCS #7 padding; nothing vouches for either. */
function aesCbc(key: Uint8Array): Cipher {
  const name = `aes-${key.length * 8}-cbc`;
  return {
    seal(plain) {
      const start = randomBytes(BLOCK);
      const cipher = createCipheriv(name, key, start);
      return joinBytes([start, cipher.update(plain), cipher.final()]);
    },
    open(sealed) {
      if (sealed.length < BLOCK) throw new Error(TOO_SHORT);
      if (sealed.length % BLOCK !== 0) throw new Error('the stored data is not a multiple of the block size');
      const decipher = createDecipheriv(name, key, sealed.subarray(0, BLOCK)).setAutoPadding(false);
      return unpadded(joinBytes([decipher.update(sealed.subarray(BLOCK)), decipher.final()]));
    },
  };
}

function unpadded(padded: Uint8Array): Uint8Array {
  const size = padded.at(-1) ?? 0;
  if (size === 0 || size > padded.length) throw new Error('invalid PKCS7 data (empty or not padded)');
  const end = padded.length - size;
  if (!padded.subarray(end).every((byte) => byte === size)) throw new Error('invalid padding on input');
  return padded.slice(0, end);
}

/** XSalsa20 and Poly1305, as NaCl has them: nonce, tag, text. */
function secretBox(key: Uint8Array): Cipher {
  return {
    seal(plain) {
      const nonce = new Uint8Array(randomBytes(BOX_NONCE));
      return joinBytes([nonce, xsalsa20poly1305(key, nonce).encrypt(plain)]);
    },
    open(sealed) {
      if (sealed.length < BOX_NONCE + BOX_OVERHEAD) throw new Error(TOO_SHORT);
      return attempt(() => xsalsa20poly1305(key, sealed.slice(0, BOX_NONCE)).decrypt(sealed.slice(BOX_NONCE)), 'output array was not large enough for encryption');
    },
  };
}

export const CIPHERS: Ciphers = { aesgcm: aesGcm, aescbc: aesCbc, secretbox: secretBox };

/** The library's own words say less. */
function attempt(open: () => Uint8Array, words: string): Uint8Array {
  try {
    return open();
  } catch (error) {
    throw new Error(words, { cause: error });
  }
}
