/** Errors of files and their like in the words upstream's users know: Go's. */
import { messageOf } from '../../base/message-of.ts';
const WORDS: Readonly<Record<string, string>> = {
  ENOENT: 'no such file or directory', EEXIST: 'file exists', ENOTDIR: 'not a directory', EISDIR: 'is a directory', ENOTEMPTY: 'directory not empty',
  EACCES: 'permission denied', EPERM: 'operation not permitted', EROFS: 'read-only file system', ENOSPC: 'no space left on device',
  EDQUOT: 'disk quota exceeded', EIO: 'input/output error', EBUSY: 'device or resource busy', ELOOP: 'too many levels of symbolic links',
  EINVAL: 'invalid argument', ENAMETOOLONG: 'file name too long', EMFILE: 'too many open files', ENXIO: 'no such device or address', ENODEV: 'no such device',
};

export const isErrno = (error: unknown, code?: string): error is NodeJS.ErrnoException =>
  error instanceof Error && 'code' in error && 'syscall' in error && (code === undefined || error.code === code);

/** `mkdir /a/b: file exists`; other errors keep their own words. */
export function errorText(error: unknown): string {
  if (!isErrno(error)) return messageOf(error);
  const words = WORDS[error.code ?? ''];
  return words === undefined ? error.message : [error.syscall, ...(error.path === undefined ? [] : [error.path])].join(' ') + `: ${words}`;
}
