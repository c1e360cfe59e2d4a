import { Http2Failure } from './failure.ts';
import { ENABLE_PUSH, FRAME_BYTES, HEADER_TABLE_SIZE, INITIAL_WINDOW_SIZE, LARGEST_WINDOW, MAX_FRAME_SIZE, uint32At } from './frame.ts';

/** What a client's settings change for us. */
export interface PeerSettings {
  readonly tableBytes?: number;
  readonly window?: number;
}

const ENTRY_BYTES = 6;

/** RFC 9113, 6.5.2. Of a setting that comes twice the last counts; unknown ones do not. @throws Http2Failure */
export function readSettings(payload: Uint8Array): PeerSettings {
  if (payload.length % ENTRY_BYTES !== 0) throw new Http2Failure('FRAME_SIZE_ERROR', 'settings of another size than they have');
  const read: { tableBytes?: number; window?: number } = {};
  for (let at = 0; at < payload.length; at += ENTRY_BYTES) {
    const name = (payload[at]! << 8) | payload[at + 1]!;
    const value = uint32At(payload, at + 2);
    if (name === HEADER_TABLE_SIZE) read.tableBytes = value;
    else if (name === ENABLE_PUSH && value > 1) throw new Http2Failure('PROTOCOL_ERROR', 'push is neither on nor off');
    else if (name === MAX_FRAME_SIZE && (value < FRAME_BYTES || value >= 2 ** 24)) throw new Http2Failure('PROTOCOL_ERROR', 'a frame size that may not be');
    else if (name === INITIAL_WINDOW_SIZE) {
      if (value > LARGEST_WINDOW) throw new Http2Failure('FLOW_CONTROL_ERROR', 'a window that may not be');
      read.window = value;
    }
  }
  return read;
}
