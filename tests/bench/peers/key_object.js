// The same at its best: the secret fetched during start, and made a key once.
"use strict";

const { createSecretKey } = require("node:crypto");
const { fetchSecret } = require("./secret");

const secret = fetchSecret();
const jwt = require("jsonwebtoken");
const { allow, token } = require("./answer");

const options = {
  algorithms: ["HS256"],
  issuer: process.env.JWT_ISSUER,
  audience: process.env.JWT_AUDIENCE,
};
let key;

exports.handler = async (event) => {
  key ??= createSecretKey(await secret, "utf8");
  return allow(jwt.verify(token(event), key, options), event);
};
