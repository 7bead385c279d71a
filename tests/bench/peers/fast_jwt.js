// The quickest library of Node.js, without the cache of tokens that it offers: one
// token again and again would be all that such a cache is good for.
"use strict";

const { fetchSecret } = require("./secret");

const secret = fetchSecret();
const { createVerifier } = require("fast-jwt");
const { allow, token } = require("./answer");

let verify;

exports.handler = async (event) => {
  verify ??= createVerifier({
    key: await secret,
    algorithms: ["HS256"],
    allowedIss: process.env.JWT_ISSUER,
    allowedAud: process.env.JWT_AUDIENCE,
    cache: false,
  });
  return allow(verify(token(event)), event);
};
