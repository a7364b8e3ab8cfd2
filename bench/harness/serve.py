"""The Python half of serve.ts: answers the harness on standard input and output, one JSON object a line."""

import json
import os
import platform
import statistics
import sys
import time
import traceback


def serve(setup):
    """`setup(options, threads)` gives a dictionary: versions, run (a function that does one turn and gives its value), check."""
    # What libraries print must not come between the answers.
    answers = os.fdopen(os.dup(1), 'w')
    os.dup2(2, 1)

    def answer(reply):
        answers.write(json.dumps(reply) + '\n')
        answers.flush()

    ready = None
    for line in sys.stdin:
        request = json.loads(line)
        if request['do'] == 'done':
            break
        try:
            if request['do'] == 'setup':
                ready = setup(request['options'], request['threads'])
                reply = {'versions': {'python': platform.python_version(), **ready['versions']}}
                answer({**reply, **({'check': ready['check']} if 'check' in ready else {})})
            else:
                answer({'value': ready['run']()})
        except Exception as error:
            traceback.print_exc()
            answer({'missing': f'{type(error).__name__}: {error}'.splitlines()[0]})


def timed(times, work):
    """Runs `work` once untimed, because the other sides have had the caches since, then `times` times; the median in ms."""
    work()
    durations = []
    for _ in range(times):
        start = time.perf_counter()
        work()
        durations.append((time.perf_counter() - start) * 1000)
    return statistics.median(durations)
