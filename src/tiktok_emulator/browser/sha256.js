// Randomness and SHA-256; `crypto.subtle` is not there on plain http pages.

function pick(signs, count) {
  var bytes = crypto.getRandomValues(new Uint8Array(count));
  return Array.prototype.map.call(bytes, function (each) {
    return signs[each % signs.length];
  }).join("");
}

function letters(count) {
  return pick("0123456789ABCDEFGHJKMNPQRSTVWXYZ", count);
}

function digits(count) {
  return pick("0123456789", count);
}

function sha256(text) {
  var data = new TextEncoder().encode(text);
  var words = padded(data);
  var state = ROOTS.initial.slice();
  for (var at = 0; at < words.length; at += 16) compress(state, words.slice(at, at + 16));
  return state.map(function (each) {
    return ("00000000" + (each >>> 0).toString(16)).slice(-8);
  }).join("");
}

function padded(data) {
  var words = new Array((((data.length + 8) >> 6) + 1) * 16).fill(0);
  data.forEach(function (each, at) {
    words[at >> 2] |= each << (24 - (at % 4) * 8);
  });
  words[data.length >> 2] |= 0x80 << (24 - (data.length % 4) * 8);
  words[words.length - 1] = data.length * 8;
  return words;
}

function compress(state, block) {
  var w = block.slice();
  for (var i = 16; i < 64; i++) {
    var a = w[i - 15], b = w[i - 2];
    var s0 = turn(a, 7) ^ turn(a, 18) ^ (a >>> 3);
    var s1 = turn(b, 17) ^ turn(b, 19) ^ (b >>> 10);
    w[i] = (w[i - 16] + s0 + w[i - 7] + s1) | 0;
  }
  var v = state.slice();
  for (i = 0; i < 64; i++) {
    var choice = (v[4] & v[5]) ^ (~v[4] & v[6]);
    var majority = (v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2]);
    var t1 = (v[7] + (turn(v[4], 6) ^ turn(v[4], 11) ^ turn(v[4], 25)) + choice + ROOTS.constants[i] + w[i]) | 0;
    var t2 = ((turn(v[0], 2) ^ turn(v[0], 13) ^ turn(v[0], 22)) + majority) | 0;
    v = [(t1 + t2) | 0, v[0], v[1], v[2], (v[3] + t1) | 0, v[4], v[5], v[6]];
  }
  v.forEach(function (each, at) {
    state[at] = (state[at] + each) | 0;
  });
}

function turn(word, by) {
  return (word >>> by) | (word << (32 - by));
}

// The constants of SHA-256 are the first 32 bits after the point of square and cube roots of the first primes.
function roots() {
  var primes = [];
  for (var n = 2; primes.length < 64; n++) {
    if (primes.every(function (each) { return n % each; })) primes.push(n);
  }
  return {
    initial: primes.slice(0, 8).map(function (each) { return fraction(Math.sqrt(each)); }),
    constants: primes.map(function (each) { return fraction(Math.cbrt(each)); })
  };
}

function fraction(number) {
  return ((number % 1) * 4294967296) | 0;
}
