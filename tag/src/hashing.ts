/** SHA-256 (FIPS 180-4) as 64 hexadecimal digits, for pages without TLS: there the browser's own is missing. */

import { win } from "./settings";

const roots = (power: number): number[] => {
  const found: number[] = [];
  for (let n = 2; found.length < 64; n++) {
    let prime = true;
    for (let i = 2; i * i <= n; i++) if (n % i === 0) prime = false;
    if (prime) found.push(((n ** power % 1) * 2 ** 32) | 0);
  }
  return found;
};

let constants: number[] | undefined;

const turn = (x: number, n: number): number => (x >>> n) | (x << (32 - n));

function sha256(text: string): string {
  const k = (constants ??= roots(1 / 3));
  const bytes = new TextEncoder().encode(text);
  const words = new Uint32Array((((bytes.length + 8) >> 6) + 1) << 4);
  bytes.forEach((byte, i) => (words[i >> 2]! |= byte << (24 - (i & 3) * 8)));
  words[bytes.length >> 2]! |= 0x80 << (24 - (bytes.length & 3) * 8);
  words[words.length - 1] = bytes.length * 8;
  let state = roots(1 / 2).slice(0, 8);
  for (let block = 0; block < words.length; block += 16) {
    const w = [...words.subarray(block, block + 16)];
    let now = state;
    for (let i = 0; i < 64; i++) {
      if (i > 15) {
        const x = w[i - 15]!;
        const y = w[i - 2]!;
        w[i] =
          (w[i - 16]! + w[i - 7]! + (turn(x, 7) ^ turn(x, 18) ^ (x >>> 3)) + (turn(y, 17) ^ turn(y, 19) ^ (y >>> 10))) | 0;
      }
      const [a, b, c, d, e, f, g, h] = now as [number, number, number, number, number, number, number, number];
      const one = h + (turn(e, 6) ^ turn(e, 11) ^ turn(e, 25)) + ((e & f) ^ (~e & g)) + k[i]! + w[i]!;
      const two = (turn(a, 2) ^ turn(a, 13) ^ turn(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));
      now = [(one + two) | 0, a, b, c, (d + one) | 0, e, f, g];
    }
    state = state.map((value, i) => (value + now[i]!) | 0);
  }
  return state.map((value) => (value >>> 0).toString(16).padStart(8, "0")).join("");
}

win.twinbeam.sha256 = sha256;
