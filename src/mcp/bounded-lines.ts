import { Transform, type TransformCallback } from 'node:stream';

const BREAK = 0x0a;

/**
 * Lets lines through that are no longer than `most` bytes, whole. Of a longer one nothing is kept, so that no message fills the
 * memory; what comes after it is read on.
 */
export class BoundedLines extends Transform {
  readonly #most: number;
  readonly #onTooLong: () => void;
  #parts: Buffer[] = [];
  #length = 0;
  #skips = false;

  constructor(most: number, onTooLong: () => void) {
    super();
    this.#most = most;
    this.#onTooLong = onTooLong;
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    let from = 0;
    for (let at = chunk.indexOf(BREAK); at >= 0; at = chunk.indexOf(BREAK, from)) {
      this.#take(chunk.subarray(from, at + 1));
      this.#end();
      from = at + 1;
    }
    this.#take(chunk.subarray(from));
    done();
  }

  #take(part: Buffer): void {
    if (this.#skips || part.length === 0) return;
    this.#length += part.length;
    this.#parts.push(part);
    if (this.#length <= this.#most + 1) return;
    this.#skips = true;
    this.#parts = [];
    this.#onTooLong();
  }

  #end(): void {
    if (!this.#skips) this.push(Buffer.concat(this.#parts));
    this.#parts = [];
    this.#length = 0;
    this.#skips = false;
  }
}
