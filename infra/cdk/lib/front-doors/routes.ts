/** The routes of the chat API, the same behind either gateway. */

/** The chat page and the health check: they ask for no token. */
export const OPEN_ROUTES = [
  { method: 'GET', path: '/' },
  { method: 'GET', path: '/healthz' },
];

/** These may be answered in parts, where the gateway can do that; a token opens them. */
export const STREAM_ROUTES = [
  { method: 'POST', path: '/api/chat' },
  { method: 'POST', path: '/v1/chat/completions' },
];

/** Everything else asks for a token too. */
export const CLOSED_ROUTES = [
  { methods: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'], path: '/api/{proxy+}' },
  { methods: ['GET', 'POST'], path: '/v1/{proxy+}' },
];

/** What browsers on other origins may send, and read besides the body. */
export const CORS = {
  methods: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'],
  headers: [
    'authorization',
    'content-type',
    'idempotency-key',
    // Those of OpenAI's own clients.
    'openai-organization',
    'openai-project',
    'x-stainless-arch',
    'x-stainless-helper-method',
    'x-stainless-lang',
    'x-stainless-os',
    'x-stainless-package-version',
    'x-stainless-retry-count',
    'x-stainless-runtime',
    'x-stainless-runtime-version',
    'x-stainless-timeout',
  ],
  exposed: ['retry-after', 'www-authenticate', 'x-should-retry'],
};

// No query string in it: a token in a URL must not end in a log. A value that
// is absent is written as a hyphen, so every value is quoted.
const LOGGED = {
  requestId: 'requestId',
  time: 'requestTime',
  sourceIp: 'identity.sourceIp',
  method: 'httpMethod',
  resource: 'resourcePath',
  status: 'status',
  responseType: 'error.responseType',
  responseLength: 'responseLength',
  latencyMs: 'responseLatency',
  integrationLatencyMs: 'integration.latency',
  authorizerStatus: 'authorizer.status',
  authorizerError: 'authorizer.error',
  authorizerLatencyMs: 'authorizer.latency',
  principalId: 'authorizer.principalId',
};

/** One line of the access log; `changes` names what a gateway calls otherwise. */
export function accessLogFormat(changes: { [name: string]: string } = {}): string {
  const fields = Object.entries({ ...LOGGED, ...changes });
  return JSON.stringify(Object.fromEntries(fields.map(([name, variable]) => [name, `$context.${variable}`])));
}
