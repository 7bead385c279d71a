// The official Node.js client behind one JSON request on standard input; tells
// what it got as JSON. NODE_PATH says where the client is installed, which only
// `require` listens to.
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';

const OpenAI = createRequire(import.meta.url)('openai').default;

const QUESTION = [{ role: 'user', content: 'How are you?' }];
const { base_url: baseURL, token } = JSON.parse(readFileSync(0, 'utf8'));
const client = new OpenAI({ baseURL, apiKey: token, maxRetries: 0 });

const usage = (used) => (used ? [used.prompt_tokens, used.completion_tokens, used.total_tokens] : null);

async function whole(options = {}) {
  const answer = await client.chat.completions.create({ model: 'echo', messages: QUESTION, ...options });
  const { message, finish_reason: finish } = answer.choices[0];
  return { text: message.content, finish, usage: usage(answer.usage) };
}

async function streamed(options = {}) {
  const texts = [];
  let finish = null;
  let used = null;
  const request = { model: 'echo', messages: QUESTION, stream: true, ...options };
  for await (const chunk of await client.chat.completions.create(request)) {
    used = chunk.usage ?? used;
    for (const choice of chunk.choices) {
      finish = choice.finish_reason ?? finish;
      if (choice.delta.content) texts.push(choice.delta.content);
    }
  }
  return { text: texts.join(''), finish, usage: usage(used), several: texts.length > 1 };
}

async function refused(call) {
  try {
    await call();
  } catch (error) {
    if (!(error instanceof OpenAI.APIError)) throw error;
    return `${error.constructor.name} ${error.status}`;
  }
  return 'accepted';
}

const models = [];
for await (const model of client.models.list()) models.push(model.id);
const stranger = new OpenAI({ baseURL, apiKey: 'wrong', maxRetries: 0 });
const history = [
  { role: 'system', content: 'Be brief.' },
  { role: 'user', content: 'Hi' },
  { role: 'assistant', content: 'Hello.' },
  { role: 'user', content: [{ type: 'text', text: 'How are you?' }] },
];
const { text, finish } = await whole({ messages: history, temperature: 0.5, max_tokens: 50 });
console.log(
  JSON.stringify({
    models,
    whole: await whole(),
    streamed: await streamed({ stream_options: { include_usage: true } }),
    'streamed without usage': await streamed(),
    'parts of text, instructions and history': { text, finish },
    'another model': await refused(() => whole({ model: 'gpt-0' })),
    'a wrong key': await refused(() => stranger.models.list()),
    'no answer to nothing': await refused(() => whole({ messages: [] })),
  }),
);
