// Node's jsonwebtoken behind the interface of library.py: one JSON request on
// stdin. NODE_PATH says where the library is installed.
'use strict';

const jwt = require('jsonwebtoken');

const request = JSON.parse(require('fs').readFileSync(0, 'utf8'));
if (request.do === 'sign') {
  const options = { algorithm: request.algorithm };
  if (request.kid) options.keyid = request.kid;
  console.log(jwt.sign(request.claims, request.secret, options));
} else {
  try {
    const claims = jwt.verify(request.token, request.secret, {
      algorithms: ['HS256'],
      issuer: request.issuer,
      audience: request.audience,
    });
    console.log(JSON.stringify(claims));
  } catch (refusal) {
    console.error(`${refusal.name}: ${refusal.message}`);
    process.exit(1);
  }
}
