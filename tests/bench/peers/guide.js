// As guides have it: jsonwebtoken with the secret as a string, fetched by the
// first request and kept.
"use strict";

const jwt = require("jsonwebtoken");
const { allow, token } = require("./answer");
const { fetchSecret } = require("./secret");

let secret;

exports.handler = async (event) => {
  secret ??= await fetchSecret();
  const claims = jwt.verify(token(event), secret, {
    algorithms: ["HS256"],
    issuer: process.env.JWT_ISSUER,
    audience: process.env.JWT_AUDIENCE,
  });
  return allow(claims, event);
};
