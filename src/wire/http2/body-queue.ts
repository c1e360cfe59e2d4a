/** Smaller pieces are gathered: a body sent byte by byte must not cost an object for each. */
const SMALL = 2048;
/** The first pieces are kept as they came all the same: most bodies are no more than that. */
const KEPT_AS_THEY_CAME = 8;
const PAGE = 16 << 10;

/** What has come of a body and was not taken yet. */
export class BodyQueue {
  #pieces: Uint8Array[] = [];
  /** The last piece, where it is ours and has room behind. */
  #page: { readonly bytes: Uint8Array; used: number } | undefined;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  push(bytes: Uint8Array): void {
    this.#length += bytes.length;
    if (bytes.length >= SMALL || this.#pieces.length < KEPT_AS_THEY_CAME) {
      this.#closePage();
      this.#pieces.push(bytes);
      return;
    }
    if (this.#page && this.#page.used + bytes.length > PAGE) this.#closePage();
    const page = (this.#page ??= { bytes: new Uint8Array(PAGE), used: 0 });
    page.bytes.set(bytes, page.used);
    page.used += bytes.length;
  }

  take(): Uint8Array[] {
    this.#closePage();
    const pieces = this.#pieces;
    this.#pieces = [];
    this.#length = 0;
    return pieces;
  }

  #closePage(): void {
    if (this.#page) this.#pieces.push(this.#page.bytes.subarray(0, this.#page.used));
    this.#page = undefined;
  }
}
