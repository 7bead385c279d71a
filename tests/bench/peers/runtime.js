// The Runtime API for a handler, as little of it as there can be: what
// aws-lambda-ric does beside this costs time that is not counted here. The
// comparison is kind to Node.js by that much.
//
//   node runtime.js MODULE
"use strict";

const http = require("node:http");

const [hostname, port] = process.env.AWS_LAMBDA_RUNTIME_API.split(":");
const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });

function request(method, path, body) {
  return new Promise((resolve, reject) => {
    const headers = body === undefined ? {} : { "Content-Length": Buffer.byteLength(body) };
    const options = { agent, hostname, port, method, path: `/2018-06-01/runtime/${path}`, headers };
    const sent = http.request(options, (answer) => {
      const chunks = [];
      answer.on("data", (chunk) => chunks.push(chunk));
      answer.on("end", () => resolve({ headers: answer.headers, body: Buffer.concat(chunks) }));
      answer.on("error", reject);
    });
    sent.on("error", reject);
    sent.end(body);
  });
}

async function main() {
  const { handler } = require(process.argv[2]);
  for (;;) {
    const next = await request("GET", "invocation/next");
    const id = next.headers["lambda-runtime-aws-request-id"];
    try {
      const answer = await handler(JSON.parse(next.body));
      await request("POST", `invocation/${id}/response`, JSON.stringify(answer));
    } catch (error) {
      const told = { errorType: error.name, errorMessage: error.message };
      await request("POST", `invocation/${id}/error`, JSON.stringify(told));
    }
  }
}

main();
