import { StringDecoder } from 'node:string_decoder';

export interface OutputLine {
  text: string;
  /** What is missing at its end was more than is kept of a line. */
  truncated: boolean;
}

/** Makes lines of bytes as they come, of any encoding and any length. */
export class Lines {
  readonly #decoder = new StringDecoder('utf8');
  readonly #longest: number;
  #begun = '';
  #truncated = false;

  /** @param longest characters that are kept of a line */
  constructor(longest: number) {
    this.#longest = longest;
  }

  push(bytes: Buffer): OutputLine[] {
    return this.#take(this.#decoder.write(bytes));
  }

  /** What is left without a break at its end. */
  end(): OutputLine[] {
    const lines = this.#take(this.#decoder.end());
    return this.#begun === '' && !this.#truncated ? lines : [...lines, this.#line()];
  }

  #take(text: string): OutputLine[] {
    const parts = text.split('\n');
    const last = parts.pop() ?? '';
    const lines = parts.map((part) => {
      this.#add(part);
      return this.#line();
    });
    this.#add(last);
    return lines;
  }

  #add(text: string): void {
    const room = this.#longest - this.#begun.length;
    if (text.length > room) this.#truncated = true;
    this.#begun += text.slice(0, room);
  }

  #line(): OutputLine {
    // A progress bar writes over its own line: what stands there last counts.
    const text = this.#begun.replace(/\r$/, '').replace(/^.*\r/s, '').toWellFormed();
    const line = { text, truncated: this.#truncated };
    this.#begun = '';
    this.#truncated = false;
    return line;
  }
}
