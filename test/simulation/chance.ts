/** What chance is drawn for: a run's seed, then names and numbers that say the occasion. */
type Occasion = readonly (string | number)[];

/**
 * Chance that does not depend on what else was drawn: the same seed and occasion give the same number, so that a run stays as it
 * is where a part of it is left out.
 *
 * @returns from 0 up to 1
 */
export function chanceOf(...occasion: Occasion): number {
  return hash(occasion.join('\u0000')) / 2 ** 32;
}

/** A row of chances for one occasion. */
export class Chance {
  readonly #occasion: Occasion;
  #drawn = 0;

  constructor(...occasion: Occasion) {
    this.#occasion = occasion;
  }

  /** From 0 up to 1. */
  next(): number {
    this.#drawn += 1;
    return chanceOf(...this.#occasion, this.#drawn);
  }

  /** A whole number from 0 up to `end`, which is left out. */
  below(end: number): number {
    return Math.floor(this.next() * end);
  }

  between(least: number, most: number): number {
    return least + this.next() * (most - least);
  }

  happens(probability: number): boolean {
    return this.next() < probability;
  }

  pick<T>(list: readonly T[]): T {
    const found = list[this.below(list.length)];
    if (found === undefined) throw new Error('an empty list was picked from');
    return found;
  }

  /** One of the keys, each as often as its weight says. */
  weighted<K extends string>(weights: Readonly<Record<K, number>>): K {
    const entries = Object.entries(weights) as [K, number][];
    let left = this.next() * entries.reduce((sum, [, weight]) => sum + weight, 0);
    for (const [key, weight] of entries) {
      left -= weight;
      if (left < 0) return key;
    }
    return this.pick(entries)[0];
  }

  bytes(count: number): Uint8Array {
    return Uint8Array.from({ length: count }, () => this.below(256));
  }
}

/** FNV-1a, and the last step of MurmurHash3, so that occasions that differ little differ much. */
function hash(text: string): number {
  let sum = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) sum = Math.imul(sum ^ text.charCodeAt(at), 0x01000193);
  sum = Math.imul(sum ^ (sum >>> 16), 0x85ebca6b);
  sum = Math.imul(sum ^ (sum >>> 13), 0xc2b2ae35);
  return (sum ^ (sum >>> 16)) >>> 0;
}
