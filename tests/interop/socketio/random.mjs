// Numbers that look random and are the same for the same seed (xorshift, 32 bits).
export class Random {
  #state;

  constructor(seed) {
    this.#state = (Math.imul(seed + 1, 0x9e3779b1) ^ 0x5bd1e995) >>> 0 || 1;
    for (let round = 0; round < 8; round += 1) this.#next();
  }

  #next() {
    let state = this.#state;
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    this.#state = state >>> 0;
    return this.#state;
  }

  below(limit) {
    return this.#next() % limit;
  }

  between(least, most) {
    return least + this.below(most - least + 1);
  }

  chance(percent) {
    return this.below(100) < percent;
  }

  pick(list) {
    return list[this.below(list.length)];
  }

  /** One of the values of {value: weight}. */
  weighted(weights) {
    const entries = Object.entries(weights);
    let rest = this.below(entries.reduce((sum, [, weight]) => sum + weight, 0));
    for (const [value, weight] of entries) {
      if (rest < weight) return value;
      rest -= weight;
    }
    throw new Error('no weights');
  }

  bytes() {
    return Array.from({ length: this.pick([0, 1, 2, 3, 5, 40]) }, () => this.below(256));
  }

  text() {
    return this.pick(['', 'a', 'Grüße', '日本', '😀', 'two words', '"quoted"', 'a\\b', '1-2', '/custom,', '\u2028', '\x1e',
      'x'.repeat(300)]);
  }

  /** A value that JSON writes and reads without any change. */
  json(depth = 3) {
    const kind = this.below(depth > 0 ? 8 : 5);
    if (kind === 0) return null;
    if (kind === 1) return this.chance(50);
    if (kind === 2) return this.between(-1_000_000, 1_000_000);
    if (kind === 3) return this.between(-999, 999) / 4;
    if (kind === 4 || kind === 5) return this.text();
    if (kind === 6) return Array.from({ length: this.below(4) }, () => this.json(depth - 1));
    return Object.fromEntries(Array.from({ length: this.below(4) }, (_, index) => [`k${index}`, this.json(depth - 1)]));
  }

  list() {
    return Array.from({ length: this.below(4) }, () => this.json());
  }
}
