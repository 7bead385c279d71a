"""The official Python client behind one JSON request on standard input; tells
what it got as JSON."""

import json
import sys

import openai

QUESTION = [{"role": "user", "content": "How are you?"}]

request = json.load(sys.stdin)
client = openai.OpenAI(base_url=request["base_url"], api_key=request["token"], max_retries=0)


def usage(used):
    return used and [used.prompt_tokens, used.completion_tokens, used.total_tokens]


def whole(**options):
    answer = client.chat.completions.create(**{"model": "echo", "messages": QUESTION, **options})
    return {"text": answer.choices[0].message.content, "finish": answer.choices[0].finish_reason}, answer.usage


def streamed(**options):
    text, finish, used = [], None, None
    for chunk in client.chat.completions.create(model="echo", messages=QUESTION, stream=True, **options):
        used = chunk.usage or used
        for choice in chunk.choices:
            finish = choice.finish_reason or finish
            if choice.delta.content:
                text.append(choice.delta.content)
    return {"text": "".join(text), "finish": finish, "usage": usage(used), "several": len(text) > 1}


def refused(call):
    try:
        call()
    except openai.APIStatusError as error:
        return f"{type(error).__name__} {error.status_code}"
    return "accepted"


answer, used = whole()
stranger = openai.OpenAI(base_url=request["base_url"], api_key="wrong", max_retries=0)
history = [
    {"role": "system", "content": "Be brief."},
    {"role": "user", "content": "Hi"},
    {"role": "assistant", "content": "Hello."},
    {"role": "user", "content": [{"type": "text", "text": "How are you?"}]},
]
print(
    json.dumps(
        {
            "models": [model.id for model in client.models.list()],
            "whole": {**answer, "usage": usage(used)},
            "streamed": streamed(stream_options={"include_usage": True}),
            "streamed without usage": streamed(),
            "parts of text, instructions and history": whole(messages=history, temperature=0.5, max_tokens=50)[0],
            "another model": refused(lambda: whole(model="gpt-0")),
            "a wrong key": refused(lambda: stranger.models.list()),
            "no answer to nothing": refused(lambda: whole(messages=[])),
        }
    )
)
