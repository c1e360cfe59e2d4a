/**
 * Encryption at rest, as an EncryptionConfiguration asks for it (https://kubernetes.io/docs/tasks/administer-cluster/encrypt-data/).
 *
 * In: the store's driver, rules and ciphers. Out: a driver whose values are sealed below it and open above it. What is sealed has
 * upstream's form: prefix, name of the key, the cipher's own layout, the store's key authenticated where the cipher can.
 * It must not know what the bytes mean, nor how a cipher works: ciphers are given.
 */
export type { Cipher, CipherName, Ciphers, EncryptionConfig, EncryptionKey, EncryptionProvider, EncryptionRule } from './config.ts';
export { groupResourceOf } from './config.ts';
export { type EncryptedDriver, encryptedDriver } from './driver.ts';
export { providersByResource } from './transformer.ts';
export { checkReadable, isReadable } from './unreadable.ts';
