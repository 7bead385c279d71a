// What all of the Node.js authorizers have in common: where the token is, and the
// policy they return.
"use strict";

exports.token = (event) => {
  const [scheme, token] = (event.authorizationToken ?? "").split(" ");
  if (scheme.toLowerCase() !== "bearer" || !token) throw new Error("Unauthorized");
  return token;
};

exports.allow = (claims, event) => {
  const { sub, username, name, email, role } = claims;
  return {
    principalId: sub,
    policyDocument: {
      Version: "2012-10-17",
      Statement: [{ Action: "execute-api:Invoke", Effect: "Allow", Resource: event.methodArn }],
    },
    context: { sub, username, name, email, role },
  };
};
