// The codes of an authenticator (RFC 6238).

import { createHmac } from "node:crypto";

const STEP_SECS = 30;
const BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

// Returns the code of the step that is `later` steps after that of `nowMs`.
export function codeOf(key, nowMs, later = 0) {
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(nowMs / 1000 / STEP_SECS) + later));
  const digest = createHmac("sha1", bytesOf(key)).update(counter).digest();
  const number = digest.readUInt32BE(digest.at(-1) & 15) & 0x7fffffff;
  return String(number % 1_000_000).padStart(6, "0");
}

// Returns a code that is wrong now and in the steps around.
export function wrongCode(key, nowMs) {
  const right = [-2, -1, 0, 1, 2].map((later) => codeOf(key, nowMs, later));
  return ["000000", "111111", "222222", "333333", "444444", "555555"].find((code) => !right.includes(code));
}

function bytesOf(key) {
  const bits = [...key.replace(/[\s=]/g, "")].map((letter) => BASE32.indexOf(letter).toString(2).padStart(5, "0")).join("");
  return Buffer.from(bits.match(/.{8}/g).map((byte) => parseInt(byte, 2)));
}
